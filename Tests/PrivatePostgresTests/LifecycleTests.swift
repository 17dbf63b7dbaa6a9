import Foundation
import PrivatePostgres
import TestSupport
import Testing

@Suite("A private PostgreSQL's life")
struct LifecycleTests {
    @Test("It is made, answers with pgvector, and keeps its data over a stop")
    func keepsData() async throws {
        let scratch = try Scratch()
        let cluster = try await scratch.withServer { (server, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "CREATE EXTENSION vector") == "CREATE EXTENSION")
            #expect(try await psql(endpoint.connectionString, "SELECT '[1,2]'::vector <-> '[1,4]'") == "2")
            #expect(try await psql(endpoint.connectionString, "CREATE TABLE kept AS SELECT 7 AS n") == "SELECT 1")
            #expect(await server.isRunning)
            #expect(!endpoint.wasAdopted && !endpoint.listensOnLoopback)
            return endpoint.clusterDirectory
        }
        #expect(!FileManager.default.fileExists(atPath: "\(cluster)/postmaster.pid"))
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SELECT n FROM kept") == "7")
            #expect(endpoint.clusterDirectory == cluster)
        }
    }

    @Test("Start and stop may be called again, in any order")
    func idempotent() async throws {
        let server = try Scratch().server()
        try await server.stop()
        async let first = server.start()
        async let second = server.start()
        let endpoints = try await [first, second, server.start()]
        #expect(endpoints[0] == endpoints[1] && endpoints[1] == endpoints[2])
        try await server.stop()
        try await server.stop()
        #expect(await !server.isRunning)
        #expect(try await psql(endpoints[0].connectionString, "SELECT 1") != "1")
        #expect(try await psql(server.start().connectionString, "SELECT 1") == "1")
        try await server.stop()
    }

    @Test("A second server on the same data is refused, and the first goes on")
    func twoAtOnce() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, endpoint) async throws in
            let refusal = await failure { _ = try await scratch.server().start() }
            #expect(refusal?.code == .dataDirectoryInUse)
            #expect(refusal?.message.contains("process \(getpid())") == true)
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
    }

    @Test("Two servers on two data directories run side by side")
    func sideBySide() async throws {
        try await Scratch().withServer { (_, one) async throws in
            try await Scratch().withServer { (_, other) async throws in
                #expect(try await psql(one.connectionString, "SHOW data_directory") == one.clusterDirectory)
                #expect(try await psql(other.connectionString, "SHOW data_directory") == other.clusterDirectory)
            }
        }
    }

    @Test("A start that is cancelled leaves nothing behind that hinders the next")
    func cancelledStart() async throws {
        let scratch = try Scratch()
        let server = scratch.server()
        let start = Task { try await server.start() }
        start.cancel()
        let refusal = await failure { _ = try await start.value }
        #expect(refusal?.code == .cancelled)
        try await server.stop()
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
    }

    @Test("A stop during the start undoes it")
    func stopDuringStart() async throws {
        let scratch = try Scratch()
        let server = scratch.server()
        let start = Task { try await server.start() }
        // The lock is the first thing that a start makes.
        #expect(try await eventually { FileManager.default.fileExists(atPath: "\(scratch.base)/lock") })
        try await server.stop()
        _ = await start.result
        #expect(await !server.isRunning)
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
    }

    @Test("It answers on loopback only when asked, and then with the password only")
    func loopback() async throws {
        let port = try FreePort.find()
        let scratch = try Scratch()
        try await scratch.withServer(scratch.configuration(loopbackPort: port)) { (_, endpoint) async throws in
            #expect(endpoint.port == port && endpoint.listensOnLoopback)
            let parts = try #require(URLComponents(string: endpoint.connectionString))
            let password = try #require(parts.password)
            let address = "127.0.0.1:\(port)/nexify"
            #expect(try await psql("postgresql://nexify:\(password)@\(address)", "SELECT 1") == "1")
            let refused = try await psql("postgresql://nexify:wrong@\(address)", "SELECT 1")
            #expect(refused.contains("password authentication failed"))
            let wrong = endpoint.connectionString.replacingOccurrences(of: password, with: "wrong")
            #expect(try await psql(wrong, "SELECT 1").contains("password authentication failed"))
            #expect(!"\(endpoint)".contains(password))
        }
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(try await psql(endpoint.connectionString, "SHOW listen_addresses") == "")
        }
    }

    @Test("Files and directories are closed to other accounts")
    func permissions() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, endpoint) async throws in
            func mode(_ path: String) throws -> Int {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                return try #require(attributes[.posixPermissions] as? Int)
            }
            #expect(try mode(endpoint.clusterDirectory) == 0o700)
            #expect(try mode(endpoint.socketDirectory) == 0o700)
            #expect(try mode("\(scratch.base)/password") == 0o600)
            #expect(try mode("\(scratch.base)/postgres.log") == 0o600)
            #expect(try mode(scratch.base) == (geteuid() == 0 ? 0o711 : 0o700))
            let owner = try FileManager.default.attributesOfItem(atPath: endpoint.clusterDirectory)[.ownerAccountName]
            #expect(owner as? String == endpoint.account)
            #expect(endpoint.account != "root")
        }
    }

    @Test("Names with blanks, quotes and dollars, and paths too long for a socket, work")
    func oddPaths() async throws {
        let scratch = try Scratch()
        for name in ["it's a \"dir\" $HOME `id` %41&?#=ü", String(repeating: "long", count: 40)] {
            var configuration = scratch.configuration(settings: ["log_line_prefix": "it's \\ %m"])
            configuration.dataDirectory = "\(scratch.directory)/\(name)"
            let socketDirectory = try await scratch.withServer(configuration) { (_, endpoint) async throws in
                #expect(try await psql(endpoint.connectionString, "SHOW data_directory") == endpoint.clusterDirectory)
                #expect(try await psql(endpoint.connectionString, "SHOW log_line_prefix") == "it's \\ %m")
                #expect(endpoint.clusterDirectory == "\(scratch.directory)/\(name)/postgres/cluster")
                #expect("\(endpoint.socketDirectory)/.s.PGSQL.5432".utf8.count <= 107)
                return endpoint.socketDirectory
            }
            let isTemporary = !socketDirectory.hasPrefix(scratch.directory)
            #expect(isTemporary == name.hasPrefix("long"))
            #expect(FileManager.default.fileExists(atPath: socketDirectory) != isTemporary)
        }
    }
}
