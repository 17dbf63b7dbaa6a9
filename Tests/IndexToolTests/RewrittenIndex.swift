import CBLAS
import Foundation

/// An index with one number of it changed and every checksum and the content hash made right again, as docs/INDEX_FORMAT.md
/// tells how: a file that says of itself what is not so.
enum RewrittenIndex {
    /// - Parameters:
    ///   - offset: into the section.
    ///   - keepsHash: leaves the content hash as it was: only comparing it shows that the file is another.
    static func write(
        from: String, to: String, section tag: String, offset: Int, value: UInt32, keepsHash: Bool = false
    ) throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: from)))
        func number(_ offset: Int, _ width: Int) -> Int {
            (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        func set(_ offset: Int, _ value: UInt32) {
            for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
        }
        var digests: [UInt8] = []
        for i in 0..<number(96, 4) {
            let entry = 512 + 64 * i
            let (start, length) = (number(entry + 8, 8), number(entry + 16, 8))
            if String(decoding: bytes[entry..<entry + 4], as: UTF8.self) == tag { set(start + offset, value) }
            let content = Array(bytes[start..<start + length])
            set(entry + 32, nx_crc32c(0, content, content.count))
            for piece in stride(from: 0, to: length, by: 1 << 20) {
                digests += sha256(Array(content[piece..<min(piece + 1 << 20, length)]))
            }
        }
        let hash = Array(bytes[128..<160])
        bytes.replaceSubrange(128..<160, with: repeatElement(0, count: 32))
        set(508, 0)
        bytes.replaceSubrange(
            128..<160, with: keepsHash ? hash : sha256(digests + sha256(Array(bytes[..<4096]))))
        set(508, nx_crc32c(0, bytes, 4096))
        try Data(bytes).write(to: URL(fileURLWithPath: to))
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        nexify_sha256(bytes, bytes.count, &digest)
        return digest
    }
}
