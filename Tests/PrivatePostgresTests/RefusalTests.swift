import Foundation
import PrivatePostgres
import TestSupport
import Testing

@Suite("What keeps a private PostgreSQL from starting, by name")
struct RefusalTests {
    @Test("Missing programs: run scripts/setup.sh")
    func binariesMissing() async throws {
        let scratch = try Scratch()
        var configuration = scratch.configuration()
        configuration.binariesDirectory = "\(scratch.directory)/nothing"
        let refusal = await failure { _ = try await scratch.server(configuration).start() }
        #expect(refusal?.code == .binariesMissing)
        #expect(refusal?.message.contains("scripts/setup.sh") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.base))
    }

    @Test("Programs that do not run")
    func binariesUnusable() async throws {
        let scratch = try Scratch()
        var configuration = scratch.configuration()
        configuration.binariesDirectory = "\(scratch.directory)/broken"
        let bin = "\(configuration.binariesDirectory)/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        for program in ["postgres", "initdb", "createdb"] {
            try "#!/bin/sh\necho wrong machine\nexit 1\n"
                .write(toFile: "\(bin)/\(program)", atomically: true, encoding: .utf8)
            #expect(chmod("\(bin)/\(program)", 0o755) == 0)
        }
        let refusal = await failure { _ = try await scratch.server(configuration).start() }
        #expect(refusal?.code == .binariesUnusable)
        #expect(refusal?.cause?.contains("wrong machine") == true)
    }

    @Test("Data of another major version")
    func otherMajorVersion() async throws {
        let scratch = try Scratch()
        let cluster = try await scratch.withServer { (_, endpoint) async throws in endpoint.clusterDirectory }
        try "15\n".write(toFile: "\(cluster)/PG_VERSION", atomically: false, encoding: .utf8)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .otherMajorVersion)
        #expect(refusal?.message.contains("PostgreSQL 15") == true)
    }

    @Test("Something else where the cluster should be")
    func notACluster() async throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: "\(scratch.base)/cluster", withIntermediateDirectories: true)
        let precious = "\(scratch.base)/cluster/precious"
        try "data".write(toFile: precious, atomically: true, encoding: .utf8)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .notACluster)
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "data")
    }

    @Test("A cluster without its password")
    func passwordMissing() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, _) async throws in }
        try FileManager.default.removeItem(atPath: "\(scratch.base)/password")
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .dataMissing)
        #expect(refusal?.message.contains("\(scratch.base)/password") == true)
    }

    @Test("A note that leads nowhere")
    func locationMissing() async throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.base, withIntermediateDirectories: true)
        try "\(scratch.directory)/gone\n".write(toFile: "\(scratch.base)/location", atomically: true, encoding: .utf8)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .dataMissing)
    }

    @Test("A port that is taken, with the log's own words, and nothing left running")
    func portInUse() async throws {
        let taken = try FreePort()
        let scratch = try Scratch()
        let configuration = scratch.configuration(loopbackPort: taken.port)
        let refusal = await failure { _ = try await scratch.server(configuration).start() }
        #expect(refusal?.code == .portInUse)
        #expect(refusal?.cause?.contains("Address already in use") == true)
        try await scratch.withServer { (_, endpoint) async throws in
            #expect(!endpoint.wasAdopted)
            #expect(try await psql(endpoint.connectionString, "SELECT 1") == "1")
        }
        withExtendedLifetime(taken) {}
    }

    @Test("A setting that PostgreSQL does not take")
    func badSetting() async throws {
        let scratch = try Scratch()
        let configuration = scratch.configuration(settings: ["shared_buffers": "many"])
        let refusal = await failure { _ = try await scratch.server(configuration).start() }
        #expect(refusal?.code == .startFailed)
        #expect(refusal?.cause?.contains("shared_buffers") == true)
    }

    @Test("A server that does not answer in time is stopped again")
    func startTimedOut() async throws {
        let scratch = try Scratch()
        let replica = ["wal_level": "replica", "max_wal_senders": "1"]
        let first = scratch.configuration(settings: replica)
        let cluster = try await scratch.withServer(first) { (_, endpoint) async throws in endpoint.clusterDirectory }
        // A standby that takes no queries never gets ready.
        let signal = "\(cluster)/standby.signal"
        #expect(
            FileManager.default.createFile(atPath: signal, contents: nil, attributes: [.posixPermissions: 0o666])
                && chmod(signal, 0o666) == 0)
        let configuration = scratch.configuration(
            settings: replica.merging(["hot_standby": "off"]) { $1 }, startTimeout: .milliseconds(300))
        let refusal = await failure { _ = try await scratch.server(configuration).start() }
        #expect(refusal?.code == .startTimedOut, "\(refusal?.cause ?? "")")
        try FileManager.default.removeItem(atPath: signal)
        try await scratch.withServer { (_, endpoint) async throws in #expect(!endpoint.wasAdopted) }
    }

    @Test("A data directory that cannot be written", .enabled(if: geteuid() != 0))
    func permissionDenied() async throws {
        let scratch = try Scratch(mode: 0o500)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .permissionDenied)
        #expect(refusal?.message.contains("NEXIFY_DATA_DIR") == true)
    }

    @Test("A data directory that is a file")
    func dataDirectoryIsFile() async throws {
        let scratch = try Scratch()
        try "".write(toFile: "\(scratch.directory)/data", atomically: true, encoding: .utf8)
        let refusal = await failure { _ = try await scratch.server().start() }
        #expect(refusal?.code == .fileSystem)
    }
}
