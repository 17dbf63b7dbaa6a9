import CBLAS
import Testing
import VectorIndex

@Suite("Kernels of every instruction set against plain C")
struct KernelTests {
    /// The levels that this processor has, scalar left out.
    static let levels: [String] = ["avx2", "avx512", "neon"].filter { nx_kernels_named($0) != nil }

    @Test("a level that does not exist is not given", arguments: ["", "sse9", "AVX2"])
    func unknownLevel(name: String) { #expect(nx_kernels_named(name) == nil) }

    @Test("the system's BLAS multiplies rightly")
    func systemBLAS() {
        var message = [CChar](repeating: 0, count: 512)
        let result = nexify_blas_check(&message, message.count)
        let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(result == 0, "\(text)")
    }

    @Test("integer products are equal, extremes included", arguments: levels)
    func integerProducts(level: String) throws {
        let kernels = try #require(nx_kernels_named(level)).pointee
        let scalar = try #require(nx_kernels_named("scalar")).pointee
        var random = SplitMix64(seed: 11)
        for length in stride(from: 64, through: 4096, by: 64) {
            let rowCount = 9
            let stride = length + 64
            for extreme in [false, true] {
                let rows = (0..<rowCount * stride).map { _ in extreme ? 255 : UInt8(truncatingIfNeeded: random.next()) }
                let query = (0..<length).map { _ in extreme ? Int8(-127) : Int8(random.next(below: 255) - 127) }
                let ids = (0..<rowCount).map { _ in UInt32(random.next(below: rowCount)) }
                var expected = [Int32](repeating: 0, count: rowCount)
                var actual = expected
                scalar.dots_u8s8(rows, stride, ids, rowCount, query, length, &expected)
                kernels.dots_u8s8(rows, stride, ids, rowCount, query, length, &actual)
                #expect(actual == expected, "length \(length), extreme \(extreme)")
                if extreme { #expect(expected[0] == Int32(-127 * 255 * length)) }
            }
        }
    }

    @Test("float sums have the same bits at every length from 1 to 4096", arguments: levels)
    func floatSums(level: String) throws {
        let kernels = try #require(nx_kernels_named(level)).pointee
        let scalar = try #require(nx_kernels_named("scalar")).pointee
        var random = SplitMix64(seed: 12)
        func value() -> Float { Float(random.next(below: 2_000_001) - 1_000_000) / 300_000 }
        let a = (0..<4096).map { _ in value() }
        let b = (0..<4096).map { _ in value() }
        for length in 1...4096 {
            #expect(
                kernels.dot_f32(a, b, length).bitPattern == scalar.dot_f32(a, b, length).bitPattern, "length \(length)")
            #expect(
                kernels.squared_l2_f32(a, b, length).bitPattern == scalar.squared_l2_f32(a, b, length).bitPattern,
                "length \(length)")
        }
    }

    @Test("the scalar sums are near those in double precision")
    func scalarSums() throws {
        let scalar = try #require(nx_kernels_named("scalar")).pointee
        var random = SplitMix64(seed: 13)
        for length in [1, 2, 31, 32, 33, 383, 384, 4095] {
            let a = (0..<length).map { _ in Float(random.next(below: 2001) - 1000) / 1000 }
            let b = (0..<length).map { _ in Float(random.next(below: 2001) - 1000) / 1000 }
            let bound = Double(length) * 1e-6
            #expect(abs(Double(scalar.dot_f32(a, b, length)) - Fixture.score(a, b, .innerProduct)) < bound)
            #expect(abs(Double(scalar.squared_l2_f32(a, b, length)) + Fixture.score(a, b, .squaredL2)) < bound)
        }
    }

    @Test(
        "the rotation keeps lengths and spreads a single coordinate",
        arguments: [64, 128, 192, 320, 384, 448, 1024, 4096])
    func rotation(length: Int) {
        var random = SplitMix64(seed: 14)
        let signs = (0..<4 * length).map { _ in random.next() >> 63 == 0 ? Float(1) : -1 }
        for axis in [0, length / 2, length - 1] {
            var vector = [Float](repeating: 0, count: length)
            vector[axis] = 1
            nx_rotate(&vector, length, signs, 4)
            #expect(abs(nx_sum_of_squares(vector, length) - 1) < 1e-4)
            #expect(nx_largest_magnitude(vector, length) < 12 / Float(length).squareRoot())
        }
    }

    @Test("rounding to 8 bits goes to the nearest, is cut at 127, and takes any value")
    func quantisation() {
        let values: [Float] = [0, 0.4, 0.5, 0.6, 1.5, -0.5, -1.5, 126.6, 127.4, 200, -300, .infinity, -.infinity, .nan]
        var codes = [Int8](repeating: 0, count: values.count)
        nx_quantise_s8(values, values.count, 1, &codes)
        #expect(codes.dropLast() == [0, 0, 0, 1, 2, 0, -2, 127, 127, 127, -127, 127, -127])
        var rows = [UInt8](repeating: 0, count: values.count)
        nx_quantise_u8(values, values.count, 1, &rows)
        #expect(zip(codes, rows).allSatisfy { Int($0) + 128 == Int($1) })
    }
}
