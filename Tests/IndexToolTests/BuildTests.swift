import Foundation
import TestSupport
import Testing

@Suite("index-tool build")
struct BuildTests {
    @Test("the last words: size, total time, rate, peak memory; as JSON, too")
    func lastWords() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(600, 8, seed: 21), to: directory + "/x.npy")
        let arguments = [
            "build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi", "--exact-scan-max", "0",
        ]
        let built = try Tool.run(arguments)
        #expect(built.exitCode == 0 && built.errors.isEmpty)
        let words =
            /x\.nxi: 600 vectors of 8 dimensions, cosine, [\d,]+ bytes, content [0-9a-f]{16}\nbuilt and verified in [\d.]+ s: [\d,]+ vectors\/s, peak memory \d+ MiB/
        #expect(built.output.contains(words), "\(built.output)")
        let object = try Tool.run(arguments + ["--json"]).object
        #expect(object["count"] as? Int == 600)
        #expect(try #require(object["seconds"] as? Double) > 0)
        #expect(try #require(object["vectorsPerSecond"] as? Double) > 0)
        #expect(try #require(object["peakResidentBytes"] as? Int) > 1_000_000)
        let phases = try #require(object["phaseSeconds"] as? [String: Double])
        #expect(phases.keys.contains("reading") && phases.keys.contains("linking"))
    }

    @Test("a terminal sees one line that is drawn anew, with the share, the rate and the time left")
    func terminal() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(12_000, 64, seed: 22), to: directory + "/x.npy")
        let (exitCode, drawn) = try Tool.runOnTerminal([
            "build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi", "--threads", "1",
        ])
        #expect(exitCode == 0)
        #expect(drawn.contains(/\rlinking  \d+ %  [\d,]+ vectors\/s  \d+ s left\u{1B}\[K/), "\(drawn)")
        #expect(drawn.contains("\rreading  "))
        #expect(!drawn.contains("\n"))
        // It leaves nothing behind.
        #expect(drawn.hasSuffix("\r\u{1B}[K"))
    }

    @Test("what is no index is not overwritten; an index is, even a damaged one")
    func overwriting() throws {
        let directory = try TestDirectory.make("tool")
        let input = directory + "/x.npy"
        try VectorFiles.writeNpy(VectorFiles.rows(50, 4, seed: 23), to: input)
        let notes = directory + "/notes.txt"
        let text = Data("what the operator wrote\n".utf8)
        try text.write(to: URL(fileURLWithPath: notes))
        for output in [notes, input, directory] {
            let built = try Tool.run(["build", "--input", input, "--output", output])
            #expect(built.exitCode == 2)
            #expect(
                built.errors.contains("\(output): the file is there and is no index")
                    && built.errors.contains("Choose another --output, or remove the file"), "\(built.errors)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: notes)) == text)
        #expect(!FileManager.default.fileExists(atPath: notes + ".previous"))

        let file = directory + "/x.nxi"
        #expect(try Tool.run(["build", "--input", input, "--output", file]).exitCode == 0)
        let sound = try Data(contentsOf: URL(fileURLWithPath: file))
        var flipped = sound
        flipped[100] ^= 1
        for damaged in [flipped, sound.prefix(5_000), sound.prefix(9), Data()] {
            try damaged.write(to: URL(fileURLWithPath: file))
            let built = try Tool.run(["build", "--input", input, "--output", file])
            #expect(built.exitCode == 0, "\(built.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == sound)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file + ".previous")) == damaged)
        }
        // What has the previous generation's name may be somebody's as well.
        try text.write(to: URL(fileURLWithPath: file + ".previous"))
        let built = try Tool.run(["build", "--input", input, "--output", file])
        #expect(built.exitCode == 2 && built.errors.contains("x.nxi.previous: the file is there and is no index"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file + ".previous")) == text)
    }

    @Test("a directory that is not there is refused before any work")
    func noDirectory() throws {
        let directory = try TestDirectory.make("tool")
        // The input is not there either: the output is looked at first.
        let built = try Tool.run(["build", "--input", "none.npy", "--output", directory + "/none/x.nxi"])
        #expect(built.exitCode == 2 && built.errors.contains("takes no new file"), "\(built.errors)")
    }

    @Test(
        "a wrong command line is refused with its usage and exit code 64",
        arguments: [
            (["--input", "x.npy", "--database-url", "postgres://localhost/x"], "give one of them"),
            (["--input", "x.npy", "--organization", "1"], "give one of them"),
            (["--input", "x.npy", "--kind", "kb"], "give one of them"),
            (["--organization", "1"], "Say where the vectors are"),
            (["--kind", "kb"], "Say where the vectors are"),
            ([], "Say where the vectors are"),
            (["--organization", "1", "--kind", "everything"], "--kind"),
            (["--organization", "1", "--kind", "kb"], "No database is named"),
            (["--input", "x.npy", "--metric", "hamming"], "--metric"),
            (["--input", "x.npy", "--threads", "-1"], "--threads is -1"),
            (["--input", "x.npy", "--threads", "1025"], "--threads is 1025; use 0 to 1024"),
            (["--input", "x.npy", "--threads", "two"], "--threads"),
            (["--input", "x.npy", "--seed", "-1"], "--seed"),
            (["--input", "x.npy", "--degree", "0"], "--degree is 0; use a multiple of 32"),
            (["--input", "x.npy", "--degree", "40"], "--degree is 40"),
            (["--input", "x.npy", "--degree", "288"], "--degree is 288"),
            (["--input", "x.npy", "--ef-construction", "7"], "--ef-construction is 7"),
            (["--input", "x.npy", "--target-recall", "0"], "--target-recall is 0.0"),
            (["--input", "x.npy", "--target-recall", "1.1"], "--target-recall is 1.1"),
            (["--input", "x.npy", "--target-recall", "nan"], "--target-recall is nan"),
            (["--input", "x.npy", "--exact-scan-max", "-1"], "--exact-scan-max is -1"),
            (["--input", "x.npy", "--exact-scan-max", "1000001"], "--exact-scan-max is 1000001"),
            (
                ["--input", "x.npy", "--model-fingerprint", String(repeating: "m", count: 129)],
                "--model-fingerprint has 129 bytes"
            ),
        ] as [([String], String)])
    func wrongCommandLine(arguments: [String], says: String) throws {
        let directory = try TestDirectory.make("tool")
        let built = try Tool.run(
            ["build", "--output", directory + "/x.nxi"] + arguments, environment: ["DATABASE_URL": ""])
        #expect(built.exitCode == 64, "\(built.errors)")
        #expect(built.errors.contains("Error: ") && built.errors.contains(says), "\(built.errors)")
        #expect(built.errors.contains("Usage: index-tool build"), "\(built.errors)")
        #expect(built.output.isEmpty)
    }

    @Test("every limit that the tool states is the engine's")
    func limits() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(64, 4, seed: 24), to: directory + "/x.npy")
        for options in [
            ["--degree", "32", "--ef-construction", "8", "--target-recall", "0.001", "--threads", "1024"],
            ["--degree", "256", "--ef-construction", "4096", "--target-recall", "1", "--exact-scan-max", "1000000"],
            ["--model-fingerprint", String(repeating: "m", count: 128), "--exact-scan-max", "0"],
        ] {
            let built = try Tool.run(
                ["build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi"] + options)
            #expect(built.exitCode == 0, "\(options): \(built.errors)")
        }
        // Dimensions are the file's.
        try VectorFiles.npy([[Float]](repeating: [Float](repeating: 1, count: 4097), count: 2))
            .write(to: URL(fileURLWithPath: directory + "/wide.npy"))
        let built = try Tool.run(["build", "--input", directory + "/wide.npy", "--output", directory + "/wide.nxi"])
        #expect(built.exitCode == 2, "\(built.errors)")
        #expect(built.errors.contains("wide.npy") && built.errors.contains("4097 dimensions"), "\(built.errors)")
    }

    @Test("help shows the metric's name")
    func helpMetric() throws {
        let help = try Tool.run(["build", "--help"]).output
        #expect(help.contains("(values: cosine, ip, l2; default:\n") || help.contains("default: cosine"), "\(help)")
        #expect(!help.contains("default: 1)"))
    }
}
