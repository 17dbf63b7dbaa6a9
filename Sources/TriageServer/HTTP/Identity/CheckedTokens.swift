import Synchronization

/// Tokens whose form and signature have been found good, with what they say: a client sends the same one with every
/// request, and its signature does not change. Time, kind and account are looked at each time.
final class CheckedTokens: Sendable {
    enum Limits {
        static let tokens = 4_096
        /// Ours have about 400; what is longer is checked anew each time.
        static let tokenBytes = 1_024
    }

    private let known = Mutex<[String: TokenClaims]>([:])

    func claims(of token: String) -> TokenClaims? { known.withLock { $0[token] } }

    func add(_ token: String, _ claims: TokenClaims) {
        guard token.utf8.count <= Limits.tokenBytes else { return }
        known.withLock { known in
            // All at once, and seldom: a table that keeps order would cost every request.
            if known.count >= Limits.tokens { known.removeAll(keepingCapacity: true) }
            known[token] = claims
        }
    }
}
