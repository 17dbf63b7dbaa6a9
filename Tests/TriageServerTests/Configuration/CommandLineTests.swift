import Foundation
import TestSupport
import Testing

@Suite("The configuration of a real process")
struct CommandLineTests {
    @Test(arguments: ["serve", "up", "worker"])
    func printsItsConfigurationAndDoesNothingElse(command: String) async throws {
        let directory = try TestDirectory.make("print")
        let file = directory + "/nexify.conf"
        try "NEXIFY_LOG_LEVEL=error\nNEXIFY_LLM_API_KEY=marker-key\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let system = try InstalledSystem(
            command, ["--print-config", "--config", file], dataDirectory: directory, port: InstalledSystem.freePort(),
            settings: [
                "DATABASE_URL": "postgres://u:marker-password@127.0.0.1:1/nowhere",
                "NEXIFY_LLM_URL": "http://u:marker-password@127.0.0.1:11434/x?key=marker-query",
            ])
        #expect(await system.waitForEnd() == 0)
        let output = system.output
        #expect(output.contains("NEXIFY_LOG_LEVEL") && output.contains(file))
        #expect(output.contains("postgres://u:<redacted>@127.0.0.1:1/nowhere"))
        #expect(output.contains("http://<redacted>@127.0.0.1:11434/x?<redacted>"))
        #expect(!output.contains("marker"))
        #expect(!FileManager.default.fileExists(atPath: directory + "/postgres"))
    }

    @Test(arguments: ["serve", "up"])
    func plainHTTPBeyondThisMachineIsRefused(command: String) async throws {
        let directory = try TestDirectory.make("plain")
        let system = try InstalledSystem(
            command, dataDirectory: directory, port: InstalledSystem.freePort(),
            settings: [
                "NEXIFY_HOST": "0.0.0.0", "NEXIFY_SECRET_KEY": ContractSystem.secret,
                "DATABASE_URL": "postgres://u:p@127.0.0.1:1/nowhere",
            ])
        #expect(await system.waitForEnd() != 0)
        #expect(system.output.contains("NEXIFY_ALLOW_PLAIN_HTTP=true"))
    }

    @Test func aMisspeltVariableStopsTheStart() async throws {
        let system = try InstalledSystem(
            "migrate", dataDirectory: try TestDirectory.make("misspelt"), port: InstalledSystem.freePort(),
            settings: ["NEXIFY_LOGLEVEL": "debug"])
        #expect(await system.waitForEnd() != 0)
        #expect(system.output.contains("did you mean NEXIFY_LOG_LEVEL?"))
    }
}
