import Glibc
import Logging
import Postgres
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct PoolTests {
    @Test func manyCallersShareFewConnections() async throws {
        try await OwnDatabase.withPool({
            $0.poolSizeMax = 3; $0.acquireTimeout = .seconds(30)
        }) { pool async throws in
            try await pool.execute("CREATE TABLE t (n int)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<200 { group.addTask { try await pool.execute("INSERT INTO t VALUES (\(n))") } }
                try await group.waitForAll()
            }
            #expect(try await pool.query("SELECT count(DISTINCT n) FROM t")[0].decode(0, as: Int.self) == 200)
            #expect(pool.stats.idle <= 3 && pool.stats.leased == 0 && pool.stats.waiting == 0)
        }
    }

    @Test func whenAllAreInUseACallerIsTurnedAwayInTime() async throws {
        try await OwnDatabase.withPool({
            $0.poolSizeMax = 1; $0.acquireTimeout = .seconds(4)
        }) { pool async throws in
            let error = await failure {
                try await pool.withConnection { _ in _ = try await pool.query("SELECT 1") }
            }
            #expect(error?.code == .poolExhausted)
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test func aWaiterCanBeCancelled() async throws {
        try await OwnDatabase.withPool({
            $0.poolSizeMax = 1; $0.acquireTimeout = .seconds(60)
        }) { pool async throws in
            try await pool.withConnection { _ in
                let task = Task { try await pool.query("SELECT 1") }
                while pool.stats.waiting == 0 { await Task.yield() }
                task.cancel()
                #expect(await failure { try await task.value }?.code == .cancelled)
            }
            #expect(pool.stats.waiting == 0)
        }
    }

    @Test func killedConnectionsAreReplaced() async throws {
        try await OwnDatabase.with { database async throws in
            let killer = try await PostgresConnection.connect(database.configuration)
            let pool = PostgresPool(configuration: database.configuration, logger: quietLogger)
            let pid = try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
            _ = try await killer.query("SELECT pg_terminate_backend(\(Int32(pid)))")
            while pool.stats.idle > 0 { await Task.yield() }
            #expect(try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self) != pid)
            await pool.shutdown()
        }
    }

    @Test func aConnectionLeftInATransactionIsNotLentAgain() async throws {
        try await OwnDatabase.withPool({ $0.poolSizeMax = 1 }) { pool async throws in
            let pid = try await pool.withConnection { connection in
                try await connection.script("BEGIN")
                return connection.processID
            }
            #expect(try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self) != pid)
        }
    }

    @Test func anAbsentServerFailsCallersFastAndComesBack() async throws {
        try await OwnDatabase.with { database async throws in
            let admin = try await PostgresConnection.connect(database.administration)
            let name = database.name
            let pool = PostgresPool(configuration: database.configuration, logger: quietLogger)
            _ = try await pool.query("SELECT 1")
            try await admin.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
            _ = try await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
            while pool.stats.idle > 0 { await Task.yield() }
            for _ in 0..<3 {
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.isUnavailable == true)
            }
            #expect(!pool.stats.isReachable)
            try await admin.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
            // The backoff's remainder at most, well within a caller's patience.
            var recovered = false
            for _ in 0..<20 where !recovered { recovered = (try? await pool.query("SELECT 1")) != nil }
            #expect(recovered)
            await pool.shutdown()
        }
    }

    /// A server that takes the connection and then says nothing, as a hung one does.
    @Test func aSilentServerIsGivenUpInTime() async throws {
        let silent = try SilentServer()
        var configuration = PostgresConfiguration(
            connectionString: "host=127.0.0.1 port=\(silent.port) user=x sslmode=disable")
        configuration.acquireTimeout = .milliseconds(200)
        configuration.connectTimeout = .milliseconds(400)
        let pool = PostgresPool(configuration: configuration, logger: quietLogger)
        #expect(await failure { try await pool.query("SELECT 1") }?.code == .connectionFailed)
        #expect(await failure { try await PostgresConnection.connect(configuration) }?.code == .timedOut)
        await pool.shutdown()
    }

    @Test func shutdownWaitsForWhatIsLent() async throws {
        try await OwnDatabase.with { database async throws in
            let pool = PostgresPool(configuration: database.configuration, logger: quietLogger)
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let (mayEnd, end) = AsyncStream<Void>.makeStream()
            let user = Task {
                try await pool.withConnection { connection in
                    enter.finish()
                    for await _ in mayEnd {}
                    return try await connection.query("SELECT 7")[0].decode(0, as: Int.self)
                }
            }
            for await _ in entered {}
            let shutdown = Task { await pool.shutdown() }
            while await failure(of: { try await pool.query("SELECT 1") })?.code != .closed { await Task.yield() }
            end.finish()
            #expect(try await user.value == 7)
            await shutdown.value
            #expect(pool.stats.leased == 0 && pool.stats.idle == 0)
        }
    }
}

/// A listening socket that nobody accepts from.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard status else { throw FixtureError(message: "no socket to listen on: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
