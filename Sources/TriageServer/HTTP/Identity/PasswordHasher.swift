import NIOPosix
import Synchronization

/// Hashes and checks passwords on threads of its own, so that the 19 MiB and tens of milliseconds of each neither block
/// the server's threads nor pile up: beyond the queue's bound callers are turned away.
package final class PasswordHasher: Sendable {
    package enum Limits {
        /// Hashes under way and waiting, in all.
        package static let pendingMax = 64
    }

    /// Too many hashes are waiting.
    package struct Overloaded: Error {}

    private let threads: NIOThreadPool
    private let cost: Argon2.Cost
    private let pending = Atomic<Int>(0)
    /// What the password of an unknown user is checked against, and of one with a hash of no known kind, so that it takes
    /// as long as a known one's. Users whose hash was carried over take that hash's time until they have signed in once.
    private let dummyHash: PasswordHash

    /// - Throws: when libargon2 cannot hash at all.
    package init(threads: Int = 2, cost: Argon2.Cost = .interactive) throws {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.cost = cost
        dummyHash = .argon2id(try Argon2.hash("nobody's password", cost: cost), cost: cost)
        self.threads.start()
    }

    package func shutdown() async throws { try await threads.shutdownGracefully() }

    package func hash(_ password: String) async throws -> String {
        try await run { [cost] in try Argon2.hash(password, cost: cost) }
    }

    /// - Parameter hash: as stored (`PasswordHash`); nil when there is no such user. False after one hash's time for nil and
    ///   for what cannot be read.
    package func verify(_ password: String, against hash: String?) async throws -> Bool {
        let known = hash.flatMap(PasswordHash.init)
        let matches = try await run { [dummyHash] in try (known ?? dummyHash).verify(password) }
        return matches && known != nil
    }

    /// Whether a stored hash is of another kind or cost than a new one.
    package func needsRehash(_ hash: String) -> Bool {
        // Django's way to write an Argon2 hash differs by a prefix, and is made ours, too.
        !hash.hasPrefix("$") || PasswordHash(hash)?.isCurrent(cost: cost) != true
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let count = pending.add(1, ordering: .relaxed).newValue
        defer { pending.subtract(1, ordering: .relaxed) }
        guard count <= Limits.pendingMax else { throw Overloaded() }
        return try await threads.runIfActive(body)
    }
}
