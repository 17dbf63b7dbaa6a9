import Foundation
import TestSupport
import Testing

@Suite("The README's transcripts")
struct ReadmeTests {
    /// Runs every command of the page in one shell against the started system, and compares what it prints.
    @Test func areTrue() async throws {
        let page = try String(contentsOfFile: RepositoryRoot.path("README.md"), encoding: .utf8)
        let transcript = Transcript(markdown: page)
        #expect(transcript.steps.count > 8)
        let system = try await SharedSystem.shared.system()
        let outputs = try run(transcript, at: system.url)
        for (step, output) in zip(transcript.steps, outputs) {
            #expect(
                Transcript.matches(output, step.output.joined(separator: "\n")),
                "$ \(step.command)\nprinted:\n\(output)\nbut the README says:\n\(step.output.joined(separator: "\n"))")
        }
        #expect(outputs.count == transcript.steps.count)
    }

    private func run(_ transcript: Transcript, at url: String) throws -> [String] {
        let mark = "@@@ next command @@@"
        let script = transcript.steps
            .map { $0.command.replacing("http://localhost:8000", with: url) + "\necho; echo '\(mark)'" }
            .joined(separator: "\n")
        let file = try TestDirectory.make("readme") + "/output"
        guard FileManager.default.createFile(atPath: file, contents: nil) else {
            throw InstalledSystem.Failure(description: "cannot write \(file)")
        }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", script]
        shell.standardOutput = FileHandle(forWritingAtPath: file)
        try shell.run()
        shell.waitUntilExit()
        return try String(contentsOfFile: file, encoding: .utf8)
            .components(separatedBy: "\(mark)\n").dropLast()
            .map { $0.trimmingCharacters(in: .newlines) }
    }

    @Test func patternsCanFail() {
        #expect(Transcript.matches("{\"id\":12,\"a\":1}", "{\"id\":…,\"a\":1}"))
        #expect(!Transcript.matches("{\"id\":12,\"a\":2}", "{\"id\":…,\"a\":1}"))
        #expect(!Transcript.matches("", "{…}"))
        #expect(!Transcript.matches("ab", "a"))
        #expect(!Transcript.matches("xby", "…a…b…"))
    }
}
