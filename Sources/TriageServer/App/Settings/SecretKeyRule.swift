/// Which secret keys are refused: whoever can guess the key can sign a session for anybody.
enum SecretKeyRule {
    static let bytesMin = 32
    /// A random key of the least length has more than this many different bytes, in hexadecimal digits, too.
    private static let differentBytesMin = 8

    /// Parts of the keys that stand in templates, tutorials and examples.
    private static let placeholders = [
        "change-me", "changeme", "change_me", "change this", "change-this", "changethis", "replace-me", "replaceme",
        "replace_me", "replace-this", "your-secret", "your_secret", "yoursecret", "secret-key", "secret_key",
        "secretkey",
        "django-insecure", "insecure", "placeholder", "example", "default", "password", "passphrase", "not-a-secret",
        "nexify-demo", "letmein", "keyboard cat", "signs-with-this",
        "sign-with-this",
    ]

    /// - Throws: `SettingError` that says why, without the key.
    static func check(_ key: String, variable: String = Setting.secretKey.name) throws {
        let remedy = "make one with: openssl rand -hex 32"
        func refused(_ problem: String) -> SettingError {
            SettingError(variable: variable, problem: problem, remedy: remedy)
        }
        let bytes = Array(key.utf8)
        guard bytes.count >= bytesMin else { throw refused("is shorter than \(bytesMin) bytes") }
        let lowercased = key.lowercased()
        if let placeholder = placeholders.first(where: lowercased.contains) {
            throw refused("has “\(placeholder)” in it, as the keys of templates and examples have")
        }
        guard Set(bytes).count >= differentBytesMin, !isRepetition(bytes) else {
            throw refused("repeats itself, so that it can be guessed")
        }
    }

    /// Whether it is one piece, twice or more often.
    private static func isRepetition(_ bytes: [UInt8]) -> Bool {
        (1...bytes.count / 2).contains { period in
            (period..<bytes.count).allSatisfy { bytes[$0] == bytes[$0 - period] }
        }
    }
}
