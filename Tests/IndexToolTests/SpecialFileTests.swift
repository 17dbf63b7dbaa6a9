import Foundation
import TestSupport
import Testing

/// Pipes, sockets, devices and directories in the place of files: nothing waits, and each is named.
@Suite("index-tool and what is no file", .timeLimit(.minutes(1)))
struct SpecialFileTests {
    private let fixture: IndexFixture
    private let directory: String

    init() throws {
        fixture = try IndexFixture.shared.get()
        directory = try TestDirectory.make("tool")
        for name in ["pipe", "pipe.npy", "pipe.fvecs", "pipe.svg"] {
            guard mkfifo("\(directory)/\(name)", 0o600) == 0 else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
    }

    @Test("a pipe that nobody writes into is refused at once, whatever it is named for")
    func pipesIn() throws {
        let pipe = directory + "/pipe"
        let commands: [[String]] = [
            ["verify", pipe], ["inspect", pipe], ["diff", pipe, fixture.graph], ["diff", fixture.graph, pipe],
            ["search", pipe, "--id", "1"], ["search", fixture.graph, "--vector", pipe + ".npy"],
            ["export", pipe, "--output", directory + "/x.npy"],
            ["bench", "--index", pipe, "--queries", fixture.queries],
            ["bench", "--index", fixture.graph, "--queries", pipe + ".fvecs"],
            ["bench", "--index", fixture.graph, "--queries", fixture.queries, "--truth", pipe + ".npy"],
            ["build", "--input", pipe + ".npy", "--output", directory + "/x.nxi"],
            ["build", "--input", pipe + ".fvecs", "--output", directory + "/x.nxi"],
            ["embed", "--lines", pipe, "--output", directory + "/x.npy"],
        ]
        for command in commands {
            let result = try Tool.run(command)
            #expect(result.exitCode == 2 && result.output.isEmpty, "\(command)")
            #expect(
                result.errors.contains("/pipe") && result.errors.contains("this is a pipe, not a file"),
                "\(result.errors)")
        }
    }

    @Test("nothing is written into a pipe or over a directory")
    func pipesOut() throws {
        let pipe = directory + "/pipe"
        try FileManager.default.createDirectory(atPath: directory + "/d.npy", withIntermediateDirectories: false)
        let commands: [(arguments: [String], says: String)] = [
            (["export", fixture.graph, "--output", pipe + ".npy"], "a pipe or a socket"),
            (["export", fixture.graph, "--output", directory + "/d.npy"], "a directory"),
            (
                ["export", fixture.graph, "--output", directory + "/x.npy", "--ids", pipe + ".npy"],
                "a pipe or a socket"
            ),
            (["embed", "--lines", fixture.queries, "--output", pipe + ".npy"], "a pipe or a socket"),
            (
                ["bench", "--index", fixture.graph, "--queries", fixture.queries, "--plot", pipe + ".svg"],
                "a pipe or a socket"
            ),
            (["build", "--input", fixture.queries, "--output", pipe], "is no index, so it is not overwritten"),
        ]
        for (arguments, says) in commands {
            let result = try Tool.run(arguments)
            #expect(result.exitCode == 2 && result.errors.contains(says), "\(arguments): \(result.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: directory + "/x.npy"))
    }

    @Test("directories and devices are named as such, and what is not there is told from what cannot be read")
    func others() throws {
        for (file, says) in [
            (directory, "this is a directory, not a file. Name a file."), ("/dev/zero", "this is a device"),
            (directory + "/none", "cannot open it (No such file or directory). Check the path"),
            (fixture.graph + "/x", "cannot open it (Not a directory)"),
        ] {
            let result = try Tool.run(["verify", file])
            #expect(result.exitCode == 2 && result.errors.contains("\(file): \(says)"), "\(result.errors)")
        }
        // Who has no index yet is told how to get one; who lacks a file of vectors is not.
        #expect(try Tool.run(["verify", directory + "/none"]).errors.contains("index-tool build"))
        let vectors = try Tool.run(["build", "--input", directory + "/none.npy", "--output", directory + "/x.nxi"])
        #expect(!vectors.errors.contains("index-tool build"), "\(vectors.errors)")
    }
}
