import Foundation

/// The key that signs sessions, kept in the data directory when none is configured: made once, readable by us only.
enum SigningKey {
    static let fileName = "secret-key"

    /// - Throws: when the file is there but cannot be read, or cannot be made.
    static func loadOrMake(in dataDirectory: String) throws -> String {
        let path = "\(dataDirectory)/\(fileName)"
        if FileManager.default.fileExists(atPath: path) {
            let key = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            do {
                try SecretKeyRule.check(key, variable: path)
            } catch var error as SettingError {
                error.remedy = "remove it to have a new one made (everybody must sign in again)"
                throw error
            }
            return key
        }
        try FileManager.default.createDirectory(atPath: dataDirectory, withIntermediateDirectories: true)
        let digits = Array("0123456789abcdef")
        var random = SystemRandomNumberGenerator()
        let key = String((0..<64).map { _ in digits[Int.random(in: 0..<16, using: &random)] })
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(key.utf8), attributes: [.posixPermissions: 0o600])
        else {
            throw SettingError(
                variable: "NEXIFY_DATA_DIR", problem: "does not let \(path) be written",
                remedy: "make the folder writable, or name another")
        }
        return key
    }
}
