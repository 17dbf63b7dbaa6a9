import Foundation
import Testing

/// What the reference makes of varied texts; `scripts/golden-embeddings.py` wrote it and says how.
struct GoldenFixture {
    struct Entry: Decodable {
        /// Repeated `times` times to make the text.
        var text: String
        var times: Int
        var ids: [Int32]

        var whole: String { String(repeating: text, count: times) }
    }

    let entries: [Entry]
    let vectors: [[Float]]

    init() throws {
        entries = try JSONDecoder().decode([Entry].self, from: Self.contents("golden.json"))
        let numbers = try Self.contents("vectors.f32").withUnsafeBytes { bytes in
            (0..<(bytes.count / 4)).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        let width = try numbers.count / #require(entries.isEmpty ? nil : entries.count)
        vectors = stride(from: 0, to: numbers.count, by: width).map { Array(numbers[$0..<($0 + width)]) }
    }

    static func contents(_ name: String) throws -> Data {
        let url = Bundle.module.url(forResource: "Fixtures/" + name, withExtension: nil)
        return try Data(contentsOf: #require(url, "the fixture \(name) is not in the test bundle"))
    }
}
