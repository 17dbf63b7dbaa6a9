import CBLAS
import Foundation
import Testing
import TextEmbedding

/// Each build of the kernels against the same in double precision.
@Suite struct KernelTests {
    static let kernels = GoldenTests.kernels

    /// Numbers in -1..<1 that look random and are the same each time.
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
        }
    }

    @Test(arguments: kernels.indices, [1, 2, 3, 5, 6, 7, 11, 12, 13, 33, 95, 97, 200])
    func multiplication(kernel: Int, rows: Int) {
        for (columns, out) in [(384, 16), (384, 48), (1536, 32)] {
            let x = numbers(rows * columns, seed: 1)
            let w = numbers(out * columns, seed: 2)
            let bias = numbers(out, seed: 3)
            // One element more than belongs to the result, which must stay as it is.
            var y = [Float](repeating: 7, count: rows * out + 1)
            Self.kernels[kernel].linear(x, rows, columns, w, bias, out, &y)
            var worst = 0.0
            for row in 0..<rows {
                for column in 0..<out {
                    var sum = Double(bias[column])
                    for k in 0..<columns { sum += Double(x[row * columns + k]) * Double(w[column * columns + k]) }
                    worst = max(worst, abs(sum - Double(y[row * out + column])))
                }
            }
            #expect(worst < 2e-5, "\(rows)×\(columns) by \(out)")
            #expect(y.last == 7)
            var unbiased = y
            Self.kernels[kernel].linear(x, rows, columns, w, nil, out, &unbiased)
            #expect(abs(unbiased[0] + bias[0] - y[0]) < 2e-5)
        }
    }

    @Test(arguments: kernels.indices)
    func activation(kernel: Int) {
        let inputs = (0..<1024).map { Float($0 - 512) / 128 }
        var outputs = inputs
        Self.kernels[kernel].gelu(&outputs, outputs.count)
        for (input, output) in zip(inputs, outputs) {
            let x = Double(input)
            let expected = x / 2 * (1 + erf(x / 2.0.squareRoot()))
            #expect(abs(Double(output) - expected) <= 4e-7 * max(1, abs(x)))
        }
        // Far out the error of erf is all that is left, times x.
        var extremes: [Float] = [-100, -6, -0.0, 0, 6, 100, 1e30, 1e-30] + [Float](repeating: 1, count: 8)
        Self.kernels[kernel].gelu(&extremes, extremes.count)
        for (output, expected) in zip(extremes, [0, 0, 0, 0, 6, 100, 1e30, 5e-31] as [Float]) {
            #expect(abs(output - expected) <= 4e-7 * max(100, expected))
        }
    }

    @Test(arguments: kernels.indices, [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 256, 512])
    func attention(kernel: Int, tokens: Int) {
        let width = 64
        // Far apart enough that the softmax is not flat.
        let q = numbers(tokens * width, seed: 4).map { $0 * 6 }
        let k = numbers(tokens * width, seed: 5).map { $0 * 6 }
        let v = numbers(tokens * width, seed: 6)
        var out = [Float](repeating: 0, count: tokens * width)
        var scratch = [Float](repeating: .nan, count: 36 * Int(NEXIFY_ENCODER_TOKENS_MAX))
        Self.kernels[kernel].attention(q, k, v, tokens, width, &out, &scratch)
        var worst = 0.0
        for head in [0, 32] {
            for query in stride(from: 0, to: tokens, by: max(1, tokens / 20)) {
                var scores: [Double] = []
                for key in 0..<tokens {
                    var score = 0.0
                    for d in head..<(head + 32) { score += Double(q[query * width + d]) * Double(k[key * width + d]) }
                    scores.append(score / 32.0.squareRoot())
                }
                let top = scores.max() ?? 0
                let powers = scores.map { exp($0 - top) }
                let total = powers.reduce(0, +)
                for d in head..<(head + 32) {
                    var expected = 0.0
                    for key in 0..<tokens { expected += powers[key] / total * Double(v[key * width + d]) }
                    worst = max(worst, abs(expected - Double(out[query * width + d])))
                }
            }
        }
        #expect(worst < 1e-5)
    }

    /// The examples of FIPS 180-4, and lengths around a block's end against each other's prefixes.
    @Test func sha256() {
        func digest(_ bytes: [UInt8]) -> String {
            var out = [UInt8](repeating: 0, count: 32)
            nexify_sha256(bytes, bytes.count, &out)
            return out.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            digest([UInt8](repeating: 0x61, count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}
