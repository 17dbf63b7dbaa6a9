import Crypto
import CryptoExtras
import FoundationEssentials

/// A stored password hash of a kind that can be checked: ours, or one of Django's, so that a table of users can be carried
/// over as it is.
///
/// The costs that a hash names are bounded, because checking it takes them: a row with a billion passes must not hold a
/// thread for ever.
package enum PasswordHash: Sendable, Equatable {
    package enum Limits {
        package static let iterationsMax = 10_000_000
        package static let memoryKibibytesMax: UInt32 = 256 * 1024
        package static let passesMax: UInt32 = 16
        package static let lanesMax: UInt32 = 16
        static let saltBytesMax = 256
    }

    /// A PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    case argon2id(String, cost: Argon2.Cost)
    /// PBKDF2 with HMAC-SHA-256, Django's default.
    case pbkdf2SHA256(iterations: Int, salt: [UInt8], hash: [UInt8])

    /// Reads the forms `$argon2id$v=19$m=…,t=…,p=…$salt$hash` (PHC), `argon2$argon2id$v=19$…` and
    /// `pbkdf2_sha256$iterations$salt$base64` (Django).
    ///
    /// - Returns: nil for every other text, also for Django's unusable passwords (`!…`), and beyond `Limits`.
    package init?(_ stored: String) {
        guard let hash = Self.pbkdf2SHA256(stored) ?? Self.argon2id(stored) else { return nil }
        self = hash
    }

    /// Whether it is what a new hash at this cost would be: if not, it is replaced when its password is known.
    package func isCurrent(cost wanted: Argon2.Cost) -> Bool {
        if case .argon2id(_, let cost) = self { cost == wanted } else { false }
    }

    /// Whether the password is the one that was hashed, compared in constant time.
    ///
    /// - Throws: when the hash cannot be computed, e.g. for want of memory.
    package func verify(_ password: String) throws -> Bool {
        switch self {
        case .argon2id(let encoded, _): return try Argon2.verify(password, against: encoded)
        case .pbkdf2SHA256(let iterations, let salt, let hash):
            // The number of iterations is another's choice of old: checking a password needs exactly that number.
            let derived = try KDF.Insecure.PBKDF2.deriveKey(
                from: Array(password.utf8), salt: salt, using: .sha256, outputByteCount: hash.count,
                unsafeUncheckedRounds: iterations)
            // Keys are compared in constant time.
            return derived == SymmetricKey(data: hash)
        }
    }

    private static func argon2id(_ stored: String) -> PasswordHash? {
        let encoded = stored.hasPrefix("argon2$") ? String(stored.dropFirst("argon2".count)) : stored
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19" else { return nil }
        let numbers = parts[3].split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 3, let memory = number(numbers[0], "m="), let passes = number(numbers[1], "t="),
            let lanes = number(numbers[2], "p="), memory <= Limits.memoryKibibytesMax, passes <= Limits.passesMax,
            lanes <= Limits.lanesMax
        else { return nil }
        return .argon2id(encoded, cost: Argon2.Cost(memoryKibibytes: memory, passes: passes, lanes: lanes))
    }

    private static func number(_ text: Substring, _ name: String) -> UInt32? {
        guard text.hasPrefix(name) else { return nil }
        return UInt32(text.dropFirst(name.count))
    }

    private static func pbkdf2SHA256(_ stored: String) -> PasswordHash? {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "pbkdf2_sha256", let iterations = Int(parts[1]),
            (1...Limits.iterationsMax).contains(iterations), (1...Limits.saltBytesMax).contains(parts[2].utf8.count),
            let hash = Data(base64Encoded: String(parts[3])), hash.count == SHA256.byteCount
        else { return nil }
        return .pbkdf2SHA256(iterations: iterations, salt: Array(parts[2].utf8), hash: Array(hash))
    }
}
