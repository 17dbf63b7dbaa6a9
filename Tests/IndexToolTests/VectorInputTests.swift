import Foundation
import TestSupport
import Testing

@Suite("Files of vectors")
struct VectorInputTests {
    /// Whole numbers up to 100, which all types hold exactly.
    private static let rows = VectorFiles.rows(300, 13, seed: 11)

    @Test("one table in every type, order and version gives the same index")
    func sameIndex() throws {
        let directory = try TestDirectory.make("tool")
        let half = Self.rows.map { $0.map { Float16($0) } }
        let double = Self.rows.map { $0.map { Double($0) } }
        let files: [String: Data] = [
            "c": VectorFiles.npy(Self.rows), "fortran": VectorFiles.npy(Self.rows, isColumnMajor: true),
            "half": VectorFiles.npy(half), "half-fortran": VectorFiles.npy(half, isColumnMajor: true),
            "double": VectorFiles.npy(double), "double-fortran": VectorFiles.npy(double, isColumnMajor: true),
            "version-2": VectorFiles.npy(Self.rows, version: 2), "version-3": VectorFiles.npy(Self.rows, version: 3),
        ]
        var hashes: [String: String] = [:]
        for (name, data) in files {
            try data.write(to: URL(fileURLWithPath: "\(directory)/\(name).npy"))
            let built = try Tool.run([
                "build", "--input", "\(directory)/\(name).npy", "--output", "\(directory)/\(name).nxi", "--metric",
                "l2",
                "--json",
            ])
            #expect(built.exitCode == 0, "\(name): \(built.errors)")
            #expect(try built.object["count"] as? Int == 300)
            hashes[name] = try built.object["contentHash"] as? String
        }
        #expect(hashes.count == files.count && Set(hashes.values).count == 1, "\(hashes)")
        let found = try Tool.run([
            "search", directory + "/fortran.nxi", "--vector", directory + "/half-fortran.npy", "--row", "299", "-k",
            "1",
        ])
        #expect(found.output.contains(" 299  0.000000"))
    }

    @Test("a table of several blocks in Fortran order comes out row by row")
    func largeFortran() throws {
        let directory = try TestDirectory.make("tool")
        // 4 MiB a block: three blocks.
        let rows = VectorFiles.rows(2_500, 1_024, seed: 12)
        for (name, isColumnMajor) in [("c", false), ("f", true)] {
            try VectorFiles.npy(rows, isColumnMajor: isColumnMajor)
                .write(to: URL(fileURLWithPath: "\(directory)/\(name).npy"))
            let built = try Tool.run([
                "build", "--input", "\(directory)/\(name).npy", "--output", "\(directory)/\(name).nxi",
                "--exact-scan-max", "3000",
            ])
            #expect(built.exitCode == 0, "\(built.errors)")
        }
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: directory + "/c.nxi"))
                == Data(contentsOf: URL(fileURLWithPath: directory + "/f.nxi")))
    }

    @Test("what is no table of floats is refused, by name and with the remedy")
    func refused() throws {
        let directory = try TestDirectory.make("tool")
        let table = VectorFiles.npy(Self.rows)
        func header(_ type: String, _ shape: String) -> Data {
            VectorFiles.npyHeader("{'descr': \(type), 'fortran_order': False, 'shape': \(shape), }")
        }
        var version = table
        version[6] = 9
        let values = Data(count: 4 * 24)
        let cases: [(name: String, data: Data, says: [String])] = [
            ("big", header("'>f4'", "(4, 6)") + values, ["big-endian", ">f4", "astype('<f4')"]),
            ("int", VectorFiles.npy([[Int64(1), 2]]), ["<i8", "astype('float32')"]),
            ("complex", header("'<c8'", "(4, 3)") + values, ["<c8"]),
            ("records", header("[('a', '<f4')]", "(24,)") + values, ["plain numbers"]),
            ("flat", header("'<f4'", "(24,)") + values, ["(24)", "(n, d)"]),
            ("deep", header("'<f4'", "(2, 3, 4)") + values, ["(2, 3, 4)"]),
            ("scalar", header("'<f4'", "()") + values, ["()"]),
            ("negative", header("'<f4'", "(-4, 6)") + values, ["plain numbers"]),
            ("huge", header("'<f4'", "(4611686018427387904, 4611686018427387904)") + values, ["cut short"]),
            ("overflow", header("'<f4'", "(4611686018427387904, 2)") + values, ["cut short"]),
            ("cut", table.dropLast(1), ["cut short", "\(300 * 13 * 4)"]),
            ("long", table + [0], ["1 bytes follow"]),
            ("header", table.prefix(40), ["ends inside its header"]),
            ("version", version, ["version 9"]),
            ("text", Data("1.0, 2.0, 3.0\n".utf8), ["no .npy file"]),
            ("empty", Data(), ["no .npy file"]),
            ("rows", header("'<f4'", "(0, 6)"), ["no vectors"]),
            ("columns", header("'<f4'", "(4, 0)"), ["dimensions"]),
        ]
        for (name, data, says) in cases {
            let file = "\(directory)/\(name).npy"
            try data.write(to: URL(fileURLWithPath: file))
            let built = try Tool.run(["build", "--input", file, "--output", directory + "/x.nxi"])
            #expect(built.exitCode == 2, "\(name)")
            #expect(built.errors.contains(file), "\(name): \(built.errors)")
            for words in says { #expect(built.errors.contains(words), "\(name): \(built.errors)") }
            #expect(built.errors.split(separator: "\n").count == 1, "\(name): \(built.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: directory + "/x.nxi"))
    }

    @Test("a damaged .fvecs file is refused at its row")
    func refusedFvecs() throws {
        let directory = try TestDirectory.make("tool")
        let file = directory + "/x.fvecs"
        try VectorFiles.writeFvecs(Self.rows, to: file)
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var wrong = whole
        wrong[7 * (4 + 4 * 13)] = 12
        for (data, says) in [(wrong, "row 7 says 12"), (whole.dropLast(4), "does not fit"), (Data(), "no row")] {
            try data.write(to: URL(fileURLWithPath: file))
            let built = try Tool.run(["build", "--input", file, "--output", directory + "/x.nxi"])
            #expect(built.exitCode == 2)
            #expect(built.errors.contains(says) && built.errors.contains(file), "\(built.errors)")
        }
    }

    @Test("a vector that cannot be indexed is named by its row")
    func badRow() throws {
        let directory = try TestDirectory.make("tool")
        for (value, says) in [(Float.nan, "finite"), (Float(0), "no direction")] {
            var rows = Self.rows
            rows[41] = [Float](repeating: value, count: 13)
            try VectorFiles.writeNpy(rows, to: directory + "/x.npy")
            let built = try Tool.run(["build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi"])
            #expect(built.exitCode == 2)
            #expect(built.errors.contains("row 41") && built.errors.contains(says), "\(built.errors)")
        }
        // Half of the largest double is no float.
        try VectorFiles.npy([[1e300, 1]]).write(to: URL(fileURLWithPath: directory + "/x.npy"))
        let built = try Tool.run(["build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi"])
        #expect(built.exitCode == 2 && built.errors.contains("row 0"), "\(built.errors)")
    }
}
