import Foundation
import TestSupport
import Testing

@Suite("index-tool, as an operator runs it")
struct IndexToolTests {
    @Test("build, verify, inspect and search, from .npy and .fvecs alike")
    func endToEnd() throws {
        let directory = try TestDirectory.make("tool")
        let rows = VectorFiles.rows(500, 12, seed: 1)
        try VectorFiles.writeNpy(rows, to: directory + "/x.npy")
        try VectorFiles.writeFvecs(rows, to: directory + "/x.fvecs")
        for kind in ["npy", "fvecs"] {
            let built = try Tool.run([
                "build", "--input", "\(directory)/x.\(kind)", "--metric", "l2", "--output", "\(directory)/\(kind).nxi",
                "--exact-scan-max", "0", "--threads", "2", "--seed", "9", "--model-fingerprint", "m",
            ])
            #expect(built.exitCode == 0, "\(built.errors)")
            #expect(built.output.contains("500 vectors of 12 dimensions"))
            // Quiet when it is no terminal that listens.
            #expect(built.errors.isEmpty)
        }
        let file = directory + "/npy.nxi"
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: file))
                == Data(contentsOf: URL(fileURLWithPath: directory + "/fvecs.nxi")))

        let verified = try Tool.run(["verify", file])
        #expect(verified.exitCode == 0)
        #expect(verified.output.contains("sound"))
        #expect(try Tool.run(["verify", "--fast", file]).exitCode == 0)
        #expect(try Tool.run(["verify", file, "--model-fingerprint", "other"]).exitCode == 1)

        let inspected = try Tool.run(["inspect", file])
        #expect(inspected.output.contains("ROWS") && inspected.output.contains("seed 9"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(Tool.run(["inspect", "--json", file]).output.utf8))
                as? [String: Any])
        #expect(json["count"] as? Int == 500)
        #expect(json["metric"] as? String == "l2")
        #expect(json["modelFingerprint"] as? String == "m")
        let tags = try #require(json["sections"] as? [[String: Any]]).compactMap { $0["tag"] as? String }
        #expect(Set(tags).isSuperset(of: ["ROWS", "EXCT", "IDS", "IDOR", "CALB", "SELF"]), "\(tags)")

        for arguments in [
            ["--id", "17"], ["--vector", directory + "/x.npy", "--row", "17"], ["--id", "17", "--exact"],
        ] {
            let found = try Tool.run(["search", file, "-k", "3", "--json"] + arguments)
            let hits = try #require(try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [[String: Any]])
            #expect(hits.count == 3)
            #expect(hits.first?["id"] as? Int == 17)
            #expect(hits.first?["score"] as? Double == 0)
        }
    }

    @Test("every instruction set and number of threads writes the same bytes")
    func sameBytes() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(1_500, 70, seed: 2), to: directory + "/x.npy")
        var files: Set<Data> = []
        for level in ["scalar", "avx2", "avx512", "neon", ""] {
            for threads in ["1", "3"] {
                let file = "\(directory)/\(level)-\(threads).nxi"
                let built = try Tool.run(
                    [
                        "build", "--input", directory + "/x.npy", "--output", file, "--exact-scan-max", "0",
                        "--threads", threads,
                    ],
                    environment: ["NEXIFY_SIMD": level])
                #expect(built.exitCode == 0, "\(built.errors)")
                files.insert(try Data(contentsOf: URL(fileURLWithPath: file)))
            }
        }
        #expect(files.count == 1)
    }

    @Test("every instruction set finds the same neighbours")
    func sameAnswers() throws {
        let directory = try TestDirectory.make("tool")
        let file = directory + "/x.nxi"
        try VectorFiles.writeNpy(VectorFiles.rows(1_500, 70, seed: 3), to: directory + "/x.npy")
        _ = try Tool.run(["build", "--input", directory + "/x.npy", "--output", file, "--exact-scan-max", "0"])
        let answers = try ["scalar", "avx2", "avx512", "neon", ""].map { level in
            try Tool.run(["search", file, "--id", "5", "-k", "50"], environment: ["NEXIFY_SIMD": level]).output
        }
        #expect(Set(answers).count == 1)
        #expect(answers[0].split(separator: "\n").count == 50)
    }

    @Test("exit codes: 1 for an unsound file, 2 for what cannot be checked, 64 for a wrong command line")
    func exitCodes() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(50, 4, seed: 4), to: directory + "/x.npy")
        let file = directory + "/x.nxi"
        #expect(try Tool.run(["build", "--input", directory + "/x.npy", "--output", file]).exitCode == 0)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[5_000] ^= 1
        try bytes.write(to: URL(fileURLWithPath: directory + "/flipped"))
        try bytes.prefix(6_000).write(to: URL(fileURLWithPath: directory + "/cut"))
        for name in ["flipped", "cut", "x.npy"] {
            let result = try Tool.run(["verify", "\(directory)/\(name)"])
            #expect(result.exitCode == 1, "\(name)")
            #expect(
                result.errors.contains("\(directory)/\(name), ") && result.errors.contains("offset"), "\(result.errors)"
            )
            #expect(result.output.isEmpty)
        }
        #expect(try Tool.run(["verify", directory + "/none"]).exitCode == 2)
        #expect(try Tool.run(["verify", directory]).exitCode == 2)
        #expect(try Tool.run(["build", "--input", directory + "/none.npy", "--output", file]).exitCode == 2)
        #expect(try Tool.run(["build", "--input", file, "--output", file + "2"]).exitCode == 2)
        #expect(try Tool.run(["search", file, "--id", "999"]).exitCode == 2)
        #expect(try Tool.run(["search", file]).exitCode == 64)
        #expect(try Tool.run(["build", "--output", file]).exitCode == 64)
        #expect(try Tool.run(["build", "--input", "x", "--output", "y", "--metric", "hamming"]).exitCode == 64)
        #expect(!FileManager.default.fileExists(atPath: file + "2"))
    }

    @Test(
        "help says what a command is for",
        arguments: ["build", "verify", "inspect", "diff", "search", "bench", "export", "embed"])
    func help(command: String) throws {
        let result = try Tool.run([command, "--help"])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("OVERVIEW") && result.output.contains("USAGE: index-tool \(command)"))
    }
}
