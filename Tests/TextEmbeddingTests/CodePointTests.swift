import Foundation
import Testing
import TextEmbedding

/// Every code point of Unicode through the tokenizer, against the reference.
@Suite struct CodePointTests {
    @Test func everyCodePointGivesTheReferencesIDs() throws {
        let embedder = try RealModel.embedder
        let expected = try JSONDecoder().decode([String].self, from: GoldenFixture.contents("code-points.json"))
        let block: UInt32 = 4096
        #expect(expected.count == 0x110000 / Int(block))
        for (number, hash) in expected.enumerated() {
            let start = UInt32(number) * block
            var state: UInt64 = 0xCBF2_9CE4_8422_2325
            for scalar in (start..<(start + block)).compactMap(Unicode.Scalar.init) {
                // Alone; inside a word; between marks that canonical ordering could move.
                for id in embedder.tokenIDs("\(scalar) a\(scalar)b a\u{302F}\(scalar)\u{302E}") {
                    withUnsafeBytes(of: id.littleEndian) { bytes in
                        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
                    }
                }
            }
            #expect(state == UInt64(hash, radix: 16), "code points from U+\(String(start, radix: 16)) on")
        }
    }
}
