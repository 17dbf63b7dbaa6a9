import Foundation
import TestSupport

/// A package of somebody else's that depends on this one by path: written, built and run as they would.
struct Dependant {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let directory: String

    /// - Parameter main: its one file.
    init(main: String) throws {
        directory = try TestDirectory.make("dependant")
        try FileManager.default.createDirectory(
            atPath: "\(directory)/Sources/Example", withIntermediateDirectories: true)
        let name = (RepositoryRoot.path as NSString).lastPathComponent
        let manifest = """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "example",
                platforms: [.macOS(.v15)],
                dependencies: [.package(path: "\(RepositoryRoot.path)", traits: [])],
                targets: [
                    .executableTarget(
                        name: "Example", dependencies: [.product(name: "VectorIndex", package: "\(name)")])
                ]
            )
            """
        try manifest.write(toFile: "\(directory)/Package.swift", atomically: false, encoding: .utf8)
        try main.write(toFile: "\(directory)/Sources/Example/main.swift", atomically: false, encoding: .utf8)
    }

    /// Builds it without a cache of packages: what it had to fetch would be there afterwards.
    func build() throws { try run("/usr/bin/env", ["swift", "build", "--disable-dependency-cache"]) }

    /// The packages that SwiftPM fetched for it.
    func fetched() -> [String] {
        ["checkouts", "repositories"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/.build/\($0)")) ?? []
        }
    }

    /// Runs it in its own directory. - Returns: what it printed.
    func output() throws -> String { try run("\(directory)/.build/debug/Example", []) }

    /// Output goes to a file: a pipe that nobody reads fills up.
    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let log = "\(directory)/output"
        guard FileManager.default.createFile(atPath: log, contents: nil), let handle = FileHandle(forWritingAtPath: log)
        else { throw Failure(description: "cannot write \(log)") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let printed = try String(contentsOfFile: log, encoding: .utf8)
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus):\n"
                    + printed)
        }
        return printed
    }
}
