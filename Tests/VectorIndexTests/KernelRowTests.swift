import CBLAS
import Testing
import VectorIndex

@Suite("A row's scan and the choice of its near slots")
struct KernelRowTests {
    @Test("plain C's scan is what kernels.h defines")
    func definition() {
        var random = SplitMix64(seed: 21)
        for (length, planes, blocks) in [(64, 1, 1), (128, 2, 1), (192, 1, 2), (384, 2, 2)] {
            let row = RowCase(length: length, planes: planes, blocks: blocks, mix: .any, &random)
            var expected = [(0..<length).reduce(Int32(0)) { $0 + Int32(row.row[$1]) * Int32(row.code[$1]) }]
            for slot in 0..<32 * blocks {
                var sum = 0
                for plane in 0..<planes {
                    let weight = 1 << (planes - 1 - plane)
                    for group in 0..<length / 4 {
                        let start = length + ((slot / 32 * planes + plane) * length / 4 + group) * 16
                        let byte = row.row[start + slot % 16]
                        let nibble = slot % 32 < 16 ? byte & 15 : byte >> 4
                        sum += weight * Int(row.table[16 * group + Int(nibble)])
                    }
                }
                expected.append(Int32(sum))
            }
            #expect(row.scan(KernelCases.plain) == expected)
        }
    }

    @Test("plain C's choice is what kernels.h defines, and leaves out empty slots")
    func choice() {
        var random = SplitMix64(seed: 22)
        for blocks in 1...2 {
            let row = RowCase(length: 128, planes: 1, blocks: blocks, mix: .any, &random)
            let sums = Array(row.scan(KernelCases.plain).dropFirst())
            var ids: [UInt32] = []
            var distances: [UInt32] = []
            for slot in 0..<row.slots {
                let factors = Int(row.shape.factors_offset)
                let fa = row.half(factors + 2 * slot)
                let fr = row.half(factors + 2 * (row.slots + slot))
                let product = row.offset.addingProduct(row.scale, Float(sums[slot]))
                let distance = 0.3 - fa.addingProduct(fr, product)
                if distance < 1 {
                    #expect(fa > -.infinity)
                    ids.append(row.id(slot))
                    distances.append(distance.bitPattern)
                }
            }
            let near = row.near(KernelCases.plain, sums: sums, base: 0.3, limit: 1)
            #expect(near == (ids, distances))
            #expect(!ids.isEmpty && ids.count < row.slots)
            let all = row.near(KernelCases.plain, sums: sums, base: 0.3, limit: .infinity)
            #expect(all.0.count < row.slots, "an empty slot is never near")
        }
    }

    @Test(
        "every level scans and chooses alike at all lengths, with 1 and 2 planes and blocks, extremes included",
        arguments: KernelCases.levels)
    func levels(level: String) {
        let kernels = KernelCases.kernels(level)
        var random = SplitMix64(seed: 23)
        for length in KernelCases.codeLengths {
            for planes in 1...2 {
                for blocks in 1...2 {
                    for mix in ValueMix.allCases {
                        let row = RowCase(length: length, planes: planes, blocks: blocks, mix: mix, &random)
                        let scanned = row.scan(KernelCases.plain)
                        #expect(
                            row.scan(kernels) == scanned, "length \(length), \(planes) planes, \(blocks) blocks, \(mix)"
                        )
                        let sums = Array(scanned.dropFirst())
                        let distances = row.near(KernelCases.plain, sums: sums, base: 0.3, limit: .infinity).1
                        let occurring = Float(bitPattern: distances[distances.count / 2])
                        for limit in [-Float.infinity, -0.5, 0, 0.7, .infinity, occurring] {
                            #expect(
                                row.near(kernels, sums: sums, base: 0.3, limit: limit)
                                    == row.near(KernelCases.plain, sums: sums, base: 0.3, limit: limit),
                                "length \(length), \(blocks) blocks, \(mix), limit \(limit)")
                        }
                    }
                }
            }
        }
    }

    @Test("factors that are infinite or not a number choose alike", arguments: KernelCases.levels)
    func oddFactors(level: String) {
        var random = SplitMix64(seed: 24)
        var row = RowCase(length: 64, planes: 1, blocks: 1, mix: .any, &random)
        let odd: [Float] = [.infinity, -.infinity, .nan, 0, -0.0, 65_504, -65_504, 6e-8]
        for slot in 0..<32 {
            row.setHalf(Int(row.shape.factors_offset) + 2 * slot, odd[slot % 8])
            row.setHalf(Int(row.shape.factors_offset) + 64 + 2 * slot, odd[slot / 4])
        }
        let sums = (0..<32).map { _ in Int32(random.next(below: 5000)) }
        for limit in [-Float.infinity, 0, .infinity, .nan] {
            #expect(
                row.near(KernelCases.kernels(level), sums: sums, base: 0.3, limit: limit)
                    == row.near(KernelCases.plain, sums: sums, base: 0.3, limit: limit))
        }
    }

    @Test("what is prefetched may be any address", arguments: KernelCases.levels + ["scalar"])
    func prefetch(level: String) {
        var random = SplitMix64(seed: 25)
        let row = RowCase(length: 384, planes: 1, blocks: 1, mix: .any, &random)
        let expected = row.scan(KernelCases.plain, next: row.row)
        for address in [0, 8, 0x7fff_ffff_f000, 0x1234_5678_9abc_def0, -64] {
            #expect(row.scan(KernelCases.kernels(level), next: UnsafePointer(bitPattern: address)) == expected)
        }
    }
}
