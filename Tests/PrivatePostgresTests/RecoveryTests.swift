import Foundation
import PrivatePostgres
import TestSupport
import Testing

@Suite("A private PostgreSQL after a crash")
struct RecoveryTests {
    @Test("A server that was killed is started anew, with all that was committed")
    func killedServer() async throws {
        let scratch = try Scratch()
        let server = scratch.server()
        let endpoint = try await server.start()
        #expect(try await psql(endpoint.connectionString, "CREATE TABLE kept AS SELECT 7 AS n") == "SELECT 1")
        #expect(kill(try scratch.postmaster(endpoint), SIGKILL) == 0)
        #expect(try await eventually { await !server.isRunning })
        let again = try await server.start()
        #expect(try await psql(again.connectionString, "SELECT n FROM kept") == "7")
        try await server.stop()
    }

    @Test("A server left running is adopted when its settings are the same, and restarted when not")
    func leftRunning() async throws {
        let scratch = try Scratch()
        let process = try await { () async throws -> Int32 in
            // Dropped without a stop, as when its process is killed: the lock goes, the server stays.
            let endpoint = try await scratch.server().start()
            return try scratch.postmaster(endpoint)
        }()
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(endpoint.wasAdopted)
            #expect(try scratch.postmaster(endpoint) == process)
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
        #expect(try await ends(process), "an adopted server is stopped like one of our own")

        let next = try await { () async throws -> Int32 in
            try scratch.postmaster(try await scratch.server().start())
        }()
        try await scratch.withServer(scratch.configuration(settings: ["work_mem": "5MB"])) {
            (_, endpoint) async throws in
            #expect(!endpoint.wasAdopted)
            #expect(try scratch.postmaster(endpoint) != next)
            #expect(try await psql(endpoint.connectionString, "SHOW work_mem") == "5MB")
        }
    }

    @Test("A server left running can be stopped without starting one")
    func stopLeftBehind() async throws {
        let scratch = try Scratch()
        let process = try await { () async throws -> Int32 in
            try scratch.postmaster(try await scratch.server().start())
        }()
        try await scratch.server().stopLeftBehind()
        #expect(try await ends(process))
        try await scratch.server().stopLeftBehind()
    }

    @Test(
        "A process id file that a crash left behind does not hinder the start",
        arguments: ["4194304", "\(getpid())", "-\(getpid())", "", "not a number"])
    func staleFile(processID: String) async throws {
        let scratch = try Scratch()
        let cluster = try await scratch.withServer { (_, endpoint) async throws in endpoint.clusterDirectory }
        let text = "\(processID)\n\(cluster)\n1700000000\n5432\n\(scratch.base)/run\n\n  12345   1\nready   \n"
        try text.write(toFile: "\(cluster)/postmaster.pid", atomically: false, encoding: .utf8)
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(!endpoint.wasAdopted)
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
    }

    @Test("Process id and socket files that name a living stranger of the same account do not hinder the start")
    func strangersProcess() async throws {
        let scratch = try Scratch()
        try await Scratch().withServer { (stranger, strangersEndpoint) async throws in
            let process = try scratch.postmaster(strangersEndpoint)
            let endpoint = try await scratch.withServer { (_, endpoint) async throws in endpoint }
            let socket = "\(endpoint.socketDirectory)/.s.PGSQL.\(endpoint.port)"
            let lines = "\(process)\n\(endpoint.clusterDirectory)\n1700000000\n5432\n\(endpoint.socketDirectory)\n"
            for path in ["\(endpoint.clusterDirectory)/postmaster.pid", "\(socket).lock"] {
                try lines.write(toFile: path, atomically: false, encoding: .utf8)
            }
            try await scratch.withServer { (_, endpoint) async throws in
                #expect(!endpoint.wasAdopted)
                #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
            }
            #expect(await stranger.isRunning)
        }
    }

    @Test("What an interrupted initdb left behind is not taken for a cluster")
    func interruptedInitdb() async throws {
        let scratch = try Scratch()
        let half = "\(scratch.base)/cluster.new"
        try FileManager.default.createDirectory(atPath: "\(half)/base", withIntermediateDirectories: true)
        try "18\n".write(toFile: "\(half)/PG_VERSION", atomically: true, encoding: .utf8)
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
        #expect(!FileManager.default.fileExists(atPath: half))
    }

    @Test("A database that a dying start had made already is taken as made")
    func databaseMarker() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "CREATE TABLE kept AS SELECT 7 AS n") == "SELECT 1")
        }
        try FileManager.default.removeItem(atPath: "\(scratch.base)/database-made")
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SELECT n FROM kept") == "7")
        }
    }
}
