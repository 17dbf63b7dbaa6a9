import CBLAS
import Testing
import VectorIndex

@Suite("Products and distances of every instruction set against plain C")
struct KernelTests {
    @Test("a level that does not exist is not given", arguments: ["", "sse9", "AVX2"])
    func unknownLevel(name: String) { #expect(nx_kernels_named(name) == nil) }

    @Test("the system's BLAS multiplies rightly")
    func systemBLAS() {
        var message = [CChar](repeating: 0, count: 512)
        let result = nexify_blas_check(&message, message.count)
        let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(result == 0, "\(text)")
        #expect(nexify_blas_is_sound() == 1)
    }

    @Test("integer products are equal, extremes included", arguments: KernelCases.levels)
    func integerProducts(level: String) {
        let kernels = KernelCases.kernels(level)
        var random = SplitMix64(seed: 11)
        let rowCount = 9
        for length in KernelCases.codeLengths {
            for mix in ValueMix.allCases {
                let stride = length + 64
                let rows = mix.bytes(rowCount * stride, &random)
                let query =
                    mix == .smallest
                    ? ValueMix.smallest.codes(length, limit: 127, &random)
                    : mix.codes(length, limit: 127, &random)
                let ids = (0..<rowCount).map { _ in UInt32(random.next(below: rowCount)) }
                for count in [0, 1, rowCount] {
                    var expected = [Int32](repeating: 0, count: rowCount)
                    var actual = expected
                    KernelCases.plain.dots_u8s8(rows, stride, ids, count, query, length, &expected)
                    kernels.dots_u8s8(rows, stride, ids, count, query, length, &actual)
                    #expect(actual == expected, "length \(length), \(mix), \(count) rows")
                    if mix == .largest, count > 0 { #expect(expected[0] == Int32(127 * 255 * length)) }
                }
            }
        }
    }

    @Test("float sums have the same bits at every length from 1 to 4096", arguments: KernelCases.levels)
    func floatSums(level: String) {
        let kernels = KernelCases.kernels(level)
        let plain = KernelCases.plain
        var random = SplitMix64(seed: 12)
        let a = random.floats(4096)
        let rows = random.floats(4 * 4096)
        for length in 1...4096 {
            #expect(
                kernels.dot_f32(a, rows, length).bitPattern == plain.dot_f32(a, rows, length).bitPattern,
                "length \(length)")
            #expect(
                kernels.squared_l2_f32(a, rows, length).bitPattern == plain.squared_l2_f32(a, rows, length).bitPattern,
                "length \(length)")
            let ids: [UInt32] = [3, 0, UInt32(length % 4), 2, 1]
            let count = length % 6
            var dots = [Float](repeating: 9, count: 5)
            var distances = dots
            kernels.dots_f32(rows, ids, count, a, length, &dots)
            kernels.squared_l2s_f32(rows, ids, count, a, length, &distances)
            for i in 0..<5 {
                let row = Array(rows[Int(ids[i]) * length..<(Int(ids[i]) + 1) * length])
                #expect(dots[i] == (i < count ? plain.dot_f32(a, row, length) : 9), "length \(length)")
                #expect(distances[i] == (i < count ? plain.squared_l2_f32(a, row, length) : 9), "length \(length)")
            }
        }
    }

    @Test("float sums have the same bits where they overflow, vanish or are subnormal", arguments: KernelCases.levels)
    func extremeFloatSums(level: String) {
        let kernels = KernelCases.kernels(level)
        let plain = KernelCases.plain
        // Positive, so that no sum is of infinities of both signs, which have no one result.
        let values: [Float] = [
            0, .leastNonzeroMagnitude, .leastNormalMagnitude / 64, .leastNormalMagnitude, 1e-19, 1, 1e19, 1.8e19,
            .greatestFiniteMagnitude,
        ]
        var random = SplitMix64(seed: 14)
        var kinds: Set<FloatingPointClassification> = []
        for length in Array(1...200) + [383, 384, 385, 4095, 4096] {
            // From the first few only, or all of them: otherwise nearly every sum would be infinite.
            for most in [3, 6, 7, values.count] {
                let a = (0..<length).map { _ in values[random.next(below: most)] }
                let b = (0..<length).map { _ in values[random.next(below: most)] }
                let dot = plain.dot_f32(a, b, length)
                let distance = plain.squared_l2_f32(a, b, length)
                #expect(kernels.dot_f32(a, b, length).bitPattern == dot.bitPattern, "length \(length), \(most)")
                #expect(
                    kernels.squared_l2_f32(a, b, length).bitPattern == distance.bitPattern, "length \(length), \(most)")
                kinds.formUnion([dot.floatingPointClass, distance.floatingPointClass])
            }
        }
        #expect(kinds.isSuperset(of: [.positiveZero, .positiveSubnormal, .positiveNormal, .positiveInfinity]))
    }

    @Test("float sums are as near to those in double precision as kernels.h says")
    func floatBound() {
        var random = SplitMix64(seed: 13)
        for length in Array(1...130) + [383, 384, 385, 1000, 2048, 4095, 4096] {
            for isPositive in [false, true] {
                let a = random.floats(length).map { isPositive ? abs($0) : $0 }
                let b = random.floats(length).map { isPositive ? abs($0) : $0 }
                let unit = (Double(length / 32) + 9) / 16_777_216
                let products = zip(a, b).map { Double($0) * Double($1) }
                let squares = zip(a, b).map { (Double($0) - Double($1)) * (Double($0) - Double($1)) }
                let dot = Double(KernelCases.plain.dot_f32(a, b, length))
                let distance = Double(KernelCases.plain.squared_l2_f32(a, b, length))
                #expect(abs(dot - products.reduce(0, +)) <= unit * products.map(abs).reduce(0, +), "length \(length)")
                #expect(abs(distance - squares.reduce(0, +)) <= unit * squares.reduce(0, +), "length \(length)")
            }
        }
    }
}
