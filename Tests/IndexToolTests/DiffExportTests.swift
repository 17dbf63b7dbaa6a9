import Foundation
import TestSupport
import Testing

@Suite("index-tool diff and export")
struct DiffExportTests {
    private static let dimensions = 12
    private static let rows = VectorFiles.rows(500, dimensions, seed: 41)

    /// An index of the rows, under l2 so that vectors stay as they are.
    private func build(_ rows: [[Float]], as name: String, in directory: String, _ more: [String] = []) throws -> String
    {
        try VectorFiles.writeNpy(rows, to: "\(directory)/\(name).npy")
        let index = "\(directory)/\(name).nxi"
        let built = try Tool.run(
            ["build", "--input", "\(directory)/\(name).npy", "--output", index, "--metric", "l2"] + more)
        try #require(built.exitCode == 0, "\(built.errors)")
        return index
    }

    // MARK: diff

    @Test("a copy and a file built otherwise hold the same")
    func same() throws {
        let directory = try TestDirectory.make("tool")
        let index = try build(Self.rows, as: "a", in: directory)
        try FileManager.default.copyItem(atPath: index, toPath: directory + "/copy.nxi")
        let copy = try Tool.run(["diff", index, directory + "/copy.nxi"])
        #expect(copy.exitCode == 0 && copy.output.contains("the same content"), "\(copy.output) \(copy.errors)")

        let other = try build(Self.rows, as: "b", in: directory, ["--seed", "9", "--exact-scan-max", "100"])
        let result = try Tool.run(["diff", index, other])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.contains("the same vectors under the same ids"), "\(result.output)")
        #expect(
            result.output.contains("seed: ") && result.output.contains("rows: none (scanned exactly), 8-bit own code"))
        let object = try Tool.run(["diff", "--json", index, other]).object
        #expect(object["same"] as? Bool == true && object["sameContent"] as? Bool == false)
        #expect((object["facts"] as? [[String: Any]])?.contains { $0["name"] as? String == "seed" } == true)
    }

    @Test("ids that are missing and vectors that changed are listed")
    func different() throws {
        let directory = try TestDirectory.make("tool")
        var rows = Self.rows
        rows[7][3] += 0.5
        rows[11][0] -= 2
        let index = try build(Self.rows, as: "a", in: directory)
        // Row numbers are the ids: the last 20 are in the first only.
        let other = try build(Array(rows.prefix(480)), as: "b", in: directory)
        for (files, missing) in [([index, other], index), ([other, index], index)] {
            let result = try Tool.run(["diff"] + files)
            #expect(result.exitCode == 1 && result.errors.isEmpty, "\(result.errors)")
            #expect(
                result.output.contains("only in \(missing): 20 (480, 481, 482, 483, 484, 485, 486, 487, 488, 489, …)"),
                "\(result.output)")
            #expect(result.output.contains("other vectors: 2 (7, 11), up to 2.000000 apart in a coordinate"))
            let object = try Tool.run(["diff", "--json"] + files).object
            #expect(object["same"] as? Bool == false && object["changed"] as? Int == 2)
            #expect(object["largestChange"] as? Double == 2)
            let only = [object["onlyFirst"] as? Int, object["onlySecond"] as? Int]
            #expect(only == (files[0] == missing ? [20, 0] : [0, 20]))
        }
    }

    @Test("another metric or other dimensions are a difference; a file that is damaged or missing is an error")
    func refused() throws {
        let directory = try TestDirectory.make("tool")
        let index = try build(Self.rows, as: "a", in: directory)
        let cosine = try build(Self.rows, as: "b", in: directory, ["--metric", "cosine"])
        let metric = try Tool.run(["diff", index, cosine])
        #expect(metric.exitCode == 1 && metric.output.contains("metric: "), "\(metric.output)")
        let short = try build(Self.rows.map { Array($0.prefix(5)) }, as: "c", in: directory)
        let dimensions = try Tool.run(["diff", index, short])
        #expect(dimensions.exitCode == 1 && dimensions.output.contains("dimensions: 12, 5"), "\(dimensions.output)")

        var bytes = try Data(contentsOf: URL(fileURLWithPath: index))
        bytes[5_000] ^= 1
        try bytes.write(to: URL(fileURLWithPath: directory + "/flipped.nxi"))
        let damaged = try Tool.run(["diff", index, directory + "/flipped.nxi"])
        #expect(damaged.exitCode == 1 && damaged.errors.contains("flipped.nxi") && damaged.output.isEmpty)
        let missing = try Tool.run(["diff", index, directory + "/none.nxi"])
        #expect(missing.exitCode == 2 && missing.errors.contains("none.nxi"), "\(missing.errors)")
        #expect(try Tool.run(["diff", index]).exitCode == 64)
    }

    @Test("a content hash that is not the file's own is no proof that two files are the same")
    func borrowedHash() throws {
        let directory = try TestDirectory.make("tool")
        let index = try build(Self.rows, as: "a", in: directory)
        let other = directory + "/borrowed.nxi"
        // Another first coordinate, all checksums made right, and the hash of the other file.
        try RewrittenIndex.write(
            from: index, to: other, section: "EXCT", offset: 0, value: Float(7).bitPattern, keepsHash: true)
        for files in [[index, other], [other, index]] {
            let result = try Tool.run(["diff"] + files)
            #expect(result.exitCode == 1 && result.output.isEmpty, "\(result.output)")
            #expect(
                result.errors.contains("borrowed.nxi, header, offset 128: the content hash is "), "\(result.errors)")
        }
    }

    // MARK: export

    @Test(
        "what was exported builds the same index again, with or without a graph",
        arguments: [[], ["--exact-scan-max", "100"]])
    func roundTrip(options: [String]) throws {
        let directory = try TestDirectory.make("tool")
        // Equal vectors are collapsed in the file, and come out under each id.
        let rows = Self.rows + Self.rows.prefix(30)
        let index = try build(rows, as: "a", in: directory, options)
        let (vectors, ids) = (directory + "/out.npy", directory + "/ids.npy")
        let exported = try Tool.run(["export", index, "--output", vectors, "--ids", ids])
        #expect(exported.exitCode == 0, "\(exported.errors)")
        #expect(exported.output.contains("530 vectors of 12 dimensions, their ids in \(ids)"), "\(exported.output)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: vectors)) == VectorFiles.npy(rows))
        var list = VectorFiles.npyHeader("{'descr': '<u8', 'fortran_order': False, 'shape': (530,), }")
        for id in 0..<UInt64(530) { withUnsafeBytes(of: id.littleEndian) { list.append(contentsOf: $0) } }
        #expect(try Data(contentsOf: URL(fileURLWithPath: ids)) == list)

        let again = directory + "/again.nxi"
        let built = try Tool.run(["build", "--input", vectors, "--output", again, "--metric", "l2"] + options)
        #expect(built.exitCode == 0, "\(built.errors)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: index)))
    }

    @Test("where nothing can be written, or from what is no sound index, nothing is exported")
    func notExported() throws {
        let directory = try TestDirectory.make("tool")
        let index = try build(Self.rows, as: "a", in: directory)
        let nowhere = try Tool.run(["export", index, "--output", directory + "/none/x.npy"])
        #expect(nowhere.exitCode == 2 && nowhere.errors.contains("takes no new file"), "\(nowhere.errors)")
        let full = try Tool.run([
            "export", index, "--output", directory + "/full.npy", "--ids", directory + "/none/i.npy",
        ])
        #expect(full.exitCode == 2 && !FileManager.default.fileExists(atPath: directory + "/full.npy"))
        // A disk without room.
        try FileManager.default.createSymbolicLink(
            atPath: directory + "/device.npy", withDestinationPath: "/dev/full")
        let noRoom = try Tool.run(["export", index, "--output", directory + "/device.npy"])
        #expect(noRoom.exitCode == 2 && noRoom.errors.contains("No space left on device"), "\(noRoom.errors)")
        try Data("text".utf8).write(to: URL(fileURLWithPath: directory + "/text"))
        let text = try Tool.run(["export", directory + "/text", "--output", directory + "/x.npy"])
        #expect(text.exitCode == 1 && !FileManager.default.fileExists(atPath: directory + "/x.npy"))
        for arguments in [
            ["--output", "x.txt"], ["--output", "x.npy", "--ids", "i"], ["--output", "x.npy", "--ids", "x.npy"], [],
        ] {
            #expect(try Tool.run(["export", index] + arguments).exitCode == 64)
        }
    }
}
