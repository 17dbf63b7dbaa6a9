import CArgon2

/// The password hash of RFC 9106 by the system's libargon2, in PHC strings.
package enum Argon2 {
    /// What one hash costs.
    package struct Cost: Sendable, Equatable {
        package var memoryKibibytes: UInt32
        package var passes: UInt32
        package var lanes: UInt32

        package init(memoryKibibytes: UInt32, passes: UInt32, lanes: UInt32) {
            self.memoryKibibytes = memoryKibibytes
            self.passes = passes
            self.lanes = lanes
        }

        /// 19 MiB, 2 passes, 1 lane: OWASP's recommendation for Argon2id.
        package static let interactive = Cost(memoryKibibytes: 19 * 1024, passes: 2, lanes: 1)
    }

    /// libargon2 refused, e.g. for want of memory.
    package struct Failure: Error, CustomStringConvertible {
        package var code: Int32
        package var description: String { "libargon2 failed with code \(code)" }
    }

    private static let saltBytes = 16
    private static let hashBytes = 32
    /// More than any PHC string of these lengths.
    private static let encodedBytesMax = 256

    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash` with a salt from the system's random source.
    package static func hash(_ password: String, cost: Cost) throws(Failure) -> String {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let password = Array(password.utf8)
        var encoded = [CChar](repeating: 0, count: encodedBytesMax)
        let code = argon2id_hash_encoded(
            cost.passes, cost.memoryKibibytes, cost.lanes, password, password.count, salt, salt.count, hashBytes,
            &encoded, encoded.count)
        guard code == ARGON2_OK.rawValue else { throw Failure(code: code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the password is the one that was hashed; libargon2 compares in constant time. A string that is no
    /// Argon2id hash, or one of impossible parameters, matches nothing.
    ///
    /// - Throws: when memory or threads are short.
    package static func verify(_ password: String, against encoded: String) throws(Failure) -> Bool {
        guard encoded.hasPrefix("$argon2id$") else { return false }
        let password = Array(password.utf8)
        let code = argon2id_verify(encoded, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue, ARGON2_THREAD_FAIL.rawValue: throw Failure(code: code)
        default: return false
        }
    }
}
