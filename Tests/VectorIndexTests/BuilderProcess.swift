import Foundation
import TestSupport
import Testing
import VectorIndex

/// Runs FaultyBuilder, and looks at what is there afterwards.
struct BuilderProcess {
    struct Outcome {
        /// 0 done, 1 refused, 9 killed by SIGKILL.
        var status: Int32
        var output: String
    }

    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("FaultyBuilder").path

    private let process = Process()
    private let output = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        // Nobody looks at the stack of a process that was to end by a signal.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
    }

    func wait() throws -> Outcome {
        // It prints one line, which a pipe holds.
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    static func run(_ arguments: String...) throws -> Outcome { try BuilderProcess(arguments).wait() }

    /// The generation that a file holds, all of it; nil when there is no file. What is damaged throws.
    static func generation(at path: String) throws -> UInt64? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let snapshot = try Snapshot(path: path)
        try snapshot.verifyContentHash()
        let number = snapshot.info.sourceVersion
        #expect(try snapshot.ids == (0..<40).map { 1_000 * number + $0 })
        return number
    }

    /// What lies in the index's directory besides the index and its previous generation.
    static func leftovers(of path: String) throws -> [String] {
        let name = (path as NSString).lastPathComponent
        let all = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
        return all.filter { $0 != name && $0 != name + ".previous" }
    }
}
