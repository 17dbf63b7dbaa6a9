import Foundation
import TestSupport

/// A command of `triage-server` that ends by itself, run to its end.
struct ProgramRun: Sendable {
    let status: Int32
    /// Standard output and standard error.
    let output: String

    /// - Parameter settings: environment variables over those of this machine.
    init(_ arguments: [String], _ settings: [String: String] = [:]) async throws {
        let process = Self.process(arguments, settings)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        output = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
            }
        }
        status = await process.end()
    }

    static func process(_ arguments: [String], _ settings: [String: String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: InstalledSystem.program("triage-server"))
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: RepositoryRoot.path)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("NEXIFY_") }
        environment["DATABASE_URL"] = nil
        process.environment = environment.merging(settings) { $1 }
        return process
    }
}

extension Process {
    /// Waits for the end. - Returns: the exit status.
    func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.waitUntilExit()
                continuation.resume(returning: self.terminationStatus)
            }
        }
    }
}
