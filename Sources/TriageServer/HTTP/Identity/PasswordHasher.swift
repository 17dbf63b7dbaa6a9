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
    /// What an unknown user's password is checked against, so that it takes as long as a known one's.
    private let dummyHash: String

    /// - Throws: when libargon2 cannot hash at all.
    package init(threads: Int = 2, cost: Argon2.Cost = .interactive) throws {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.cost = cost
        dummyHash = try Argon2.hash("nobody's password", cost: cost)
        self.threads.start()
    }

    package func shutdown() async throws { try await threads.shutdownGracefully() }

    package func hash(_ password: String) async throws -> String {
        try await run { [cost] in try Argon2.hash(password, cost: cost) }
    }

    /// - Parameter hash: the user's, or nil when there is no such user: false after the same time.
    package func verify(_ password: String, against hash: String?) async throws -> Bool {
        let matches = try await run { [dummyHash] in try Argon2.verify(password, against: hash ?? dummyHash) }
        return matches && hash != nil
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let count = pending.add(1, ordering: .relaxed).newValue
        defer { pending.subtract(1, ordering: .relaxed) }
        guard count <= Limits.pendingMax else { throw Overloaded() }
        return try await threads.runIfActive(body)
    }
}
