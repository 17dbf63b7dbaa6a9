import CBLAS
import Testing
import VectorIndex

@Suite("Rotation, tables and comparisons of codes")
struct KernelCodeTests {
    @Test("every level rotates to the same bits, 1 to 4 rounds, at all lengths", arguments: KernelCases.levels)
    func rotationLevels(level: String) {
        var random = SplitMix64(seed: 41)
        for length in KernelCases.codeLengths {
            let signs = (0..<4 * length).map { _ in random.next() >> 63 == 0 ? Float(1) : -1 }
            for rounds in 1...4 {
                var expected = random.floats(length)
                if rounds == 1 { expected[length / 3] = 0 }
                var actual = expected
                KernelCases.plain.rotate(&expected, length, signs, rounds)
                KernelCases.kernels(level).rotate(&actual, length, signs, rounds)
                #expect(
                    actual.map(\.bitPattern) == expected.map(\.bitPattern), "length \(length), \(rounds) rounds")
            }
        }
    }

    @Test(
        "the rotation keeps lengths and angles and spreads a single coordinate",
        arguments: [64, 128, 192, 320, 384, 448, 1024, 4096])
    func rotation(length: Int) {
        var random = SplitMix64(seed: 14)
        let signs = (0..<4 * length).map { _ in random.next() >> 63 == 0 ? Float(1) : -1 }
        let axes = [0, length / 2, length - 1]
        let rotated = axes.map { axis in
            var vector = [Float](repeating: 0, count: length)
            vector[axis] = 1
            KernelCases.plain.rotate(&vector, length, signs, 4)
            return vector
        }
        for (i, vector) in rotated.enumerated() {
            #expect(abs(nx_sum_of_squares(vector, length) - 1) < 1e-4)
            #expect(nx_largest_magnitude(vector, length) < 12 / Float(length).squareRoot())
            for other in rotated[..<i] { #expect(abs(KernelCases.plain.dot_f32(vector, other, length)) < 1e-5) }
        }
    }

    @Test("plain C's table is what kernels.h defines")
    func tableDefinition() {
        var random = SplitMix64(seed: 42)
        for mix in ValueMix.allCases {
            let values = mix.codes(208, limit: 63, &random)
            var table = [UInt8](repeating: 0, count: 4 * values.count)
            let magnitudes = KernelCases.plain.make_table(values, values.count, &table)
            #expect(magnitudes == values.reduce(0) { $0 + abs(Int32($1)) })
            for entry in table.indices {
                let group = values[entry / 16 * 4..<entry / 16 * 4 + 4].map { Int($0) }
                let sum = (0..<4).reduce(0) { $0 + (entry >> $1 & 1) * group[$1] }
                #expect(Int(table[entry]) == sum - group.filter { $0 < 0 }.reduce(0, +))
            }
        }
    }

    @Test("every level makes the same table at all multiples of 16", arguments: KernelCases.levels)
    func tableLevels(level: String) {
        var random = SplitMix64(seed: 43)
        for length in stride(from: 16, through: 4160, by: 16) {
            for mix in ValueMix.allCases {
                let values = mix.codes(length, limit: 63, &random)
                // The rest must stay as it is.
                var expected = [UInt8](repeating: 0x5a, count: 4 * length + 64)
                var actual = expected
                let magnitudes = KernelCases.plain.make_table(values, length, &expected)
                #expect(KernelCases.kernels(level).make_table(values, length, &actual) == magnitudes)
                #expect(actual == expected, "length \(length), \(mix)")
            }
        }
    }

    private struct Comparison: Equatable {
        var bits: [UInt8]
        var sums: [Int32]

        init(_ kernels: nx_kernels, _ node: [UInt8], _ neighbor: [UInt8], planes: Int) {
            bits = [UInt8](repeating: 0x5a, count: planes * node.count / 8 + 8)
            var found = nx_comparison()
            kernels.compare_codes(node, neighbor, node.count, UInt32(planes), &bits, &found)
            sums = [found.rr, found.rv, found.cr, found.cv]
        }
    }

    @Test("plain C's comparison is what kernels.h defines", arguments: [1, 2])
    func comparisonDefinition(planes: Int) {
        var random = SplitMix64(seed: 44)
        for spread in [0, 3, 60, 255] {
            let node = ValueMix.any.bytes(192, &random)
            let neighbor = node.map { UInt8(clamping: Int($0) + random.next(below: 2 * spread + 1) - spread) }
            let r = zip(node, neighbor).map { Int($1) - Int($0) }
            let c = node.map { Int($0) - 128 }
            let rr = r.reduce(0) { $0 + $1 * $1 }
            let v = r.map { ($0 < 0 ? -1 : 1) * (planes == 2 && $0 * $0 * 192 > rr ? 3 : 1) }
            var bits = [UInt8](repeating: 0, count: planes * 24) + [UInt8](repeating: 0x5a, count: 8)
            for i in 0..<192 {
                if v[i] > 0 { bits[i / 8] |= 1 << (i % 8) }
                // 2 * s0 + s1
                if planes == 2, v[i] == 3 || v[i] == -1 { bits[24 + i / 8] |= 1 << (i % 8) }
            }
            let found = Comparison(KernelCases.plain, node, neighbor, planes: planes)
            #expect(found.bits == bits)
            func sum(_ a: [Int], _ b: [Int]) -> Int32 { Int32(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }) }
            #expect(found.sums == [Int32(rr), sum(r, v), sum(c, r), sum(c, v)])
        }
    }

    @Test("every level compares alike at all lengths, extremes included", arguments: KernelCases.levels)
    func comparisonLevels(level: String) {
        let kernels = KernelCases.kernels(level)
        var random = SplitMix64(seed: 45)
        for length in KernelCases.codeLengths {
            for planes in 1...2 {
                for (first, second) in [
                    (ValueMix.any, ValueMix.any), (.largest, .smallest), (.smallest, .largest), (.extremes, .extremes),
                    (.any, .largest), (.largest, .largest),
                ] {
                    let node = first.bytes(length, &random)
                    let neighbor = second.bytes(length, &random)
                    #expect(
                        Comparison(kernels, node, neighbor, planes: planes)
                            == Comparison(KernelCases.plain, node, neighbor, planes: planes),
                        "length \(length), \(planes) planes, \(first) and \(second)")
                }
                let node = ValueMix.any.bytes(length, &random)
                let near = node.map { UInt8(clamping: Int($0) + random.next(below: 41) - 20) }
                #expect(
                    Comparison(kernels, node, near, planes: planes)
                        == Comparison(KernelCases.plain, node, near, planes: planes), "length \(length), near")
                #expect(
                    Comparison(kernels, node, node, planes: planes)
                        == Comparison(KernelCases.plain, node, node, planes: planes), "length \(length), equal")
            }
        }
    }

    @Test("a level beyond one standard deviation is decided exactly, at every step", arguments: KernelCases.levels)
    func comparisonSteps(level: String) {
        // All differences alike lie exactly at the standard deviation, and one off makes the rest larger or smaller.
        for difference in 0...255 {
            for other in [difference, max(difference - 1, 0), min(difference + 1, 255)] {
                let node = [UInt8](repeating: 0, count: 128)
                var neighbor = [UInt8](repeating: UInt8(difference), count: 128)
                neighbor[77] = UInt8(other)
                #expect(
                    Comparison(KernelCases.kernels(level), node, neighbor, planes: 2)
                        == Comparison(KernelCases.plain, node, neighbor, planes: 2))
            }
        }
    }
}
