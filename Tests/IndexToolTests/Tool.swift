import Foundation
import Glibc
import Synchronization
import TestSupport

/// Runs the built index-tool as an operator would.
struct Tool {
    struct Result {
        var exitCode: Int32
        var output: String
        var errors: String

        /// What it printed, as JSON.
        var object: [String: Any] {
            get throws { try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:] }
        }
    }

    /// The program beside the tests' own.
    private static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("index-tool").path

    /// One for what all runs print: there are hundreds.
    private static let directory = Swift.Result { try TestDirectory.make("tool") }
    private static let runs = Atomic<Int>(0)

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let process = process(arguments, environment)
        // Files, not pipes: nothing can fill up and block.
        let number = runs.add(1, ordering: .relaxed).newValue
        let (output, errors) = try ("\(directory.get())/\(number)-out", "\(directory.get())/\(number)-err")
        for file in [output, errors] { try Data().write(to: URL(fileURLWithPath: file)) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        process.waitUntilExit()
        return Result(
            exitCode: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    /// With standard error on a terminal. - Returns: all that was drawn there.
    static func runOnTerminal(_ arguments: [String]) throws -> (exitCode: Int32, drawn: String) {
        var master: CInt = -1
        var terminal: CInt = -1
        guard openpty(&master, &terminal, nil, nil, nil) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        defer { close(master) }
        let process = process(arguments, [:])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(fileDescriptor: terminal, closeOnDealloc: false)
        try process.run()
        // Reading ends when nobody has the terminal any more.
        close(terminal)
        var drawn: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &buffer, buffer.count)
            if count > 0 {
                drawn += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: drawn, as: UTF8.self))
    }

    private static func process(_ arguments: [String], _ environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
