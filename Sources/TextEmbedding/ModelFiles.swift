import CBLAS

/// The published files of all-MiniLM-L6-v2 that this encoder is written for.
enum ModelFiles {
    static let weights = "model.safetensors"
    static let vocabulary = "vocab.txt"

    static let weightsSHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    static let vocabularySHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

    /// Bounds on what is mapped at all; the real ones have 90,868,376 and 231,508 bytes.
    static let weightsBytesMax = 256 << 20
    static let vocabularyBytesMax = 4 << 20

    static func path(_ name: String, in directory: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// Checks the whole file against its published SHA-256, reading it once through the mapping.
    static func verify(_ file: MappedFile, sha256 expected: String) throws(TextEmbeddingError) {
        file.willBeRead()
        let found = sha256(of: file.bytes)
        guard found == expected else {
            throw TextEmbeddingError(
                .checksumMismatch, file: file.path, "is not the published file: sha256 \(found) instead of \(expected)")
        }
    }

    /// As 64 lower-case hexadecimal digits.
    static func sha256(of bytes: UnsafeRawBufferPointer) -> String {
        let digest = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            nexify_sha256(bytes.baseAddress, bytes.count, digest.baseAddress)
            return Array(digest)
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
