import Foundation
import TestSupport

/// An index with a graph and one without, of the same kind of vectors, with queries that are in neither: built once.
struct IndexFixture {
    let directory: String
    let graph: String
    let scanned: String
    let queries: String
    let k = 10
    static let dimensions = 24
    static let rows = 3_000
    static let rowsScanned = 700
    static let queryCount = 60

    static let shared = Result { try IndexFixture() }

    private init() throws {
        directory = try TestDirectory.make("tool")
        graph = directory + "/graph.nxi"
        scanned = directory + "/scanned.nxi"
        queries = directory + "/queries.npy"
        try VectorFiles.writeNpy(VectorFiles.rows(Self.rows, Self.dimensions, seed: 31), to: directory + "/x.npy")
        try VectorFiles.writeNpy(
            VectorFiles.rows(Self.rowsScanned, Self.dimensions, seed: 32), to: directory + "/small.npy")
        try VectorFiles.writeNpy(VectorFiles.rows(Self.queryCount, Self.dimensions, seed: 33), to: queries)
        for (input, output) in [("x", graph), ("small", scanned)] {
            let built = try Tool.run(["build", "--input", "\(directory)/\(input).npy", "--output", output])
            guard built.exitCode == 0 else { throw Failure(says: built.errors) }
        }
    }

    struct Failure: Error { let says: String }

    /// The exact neighbours of each query in the graph's index, by comparing all.
    func truth(k: Int) throws -> [[Int]] {
        try (0..<Self.queryCount).map { row in
            let found = try Tool.run([
                "search", graph, "--vector", queries, "--row", "\(row)", "-k", "\(k)", "--exact", "--json",
            ])
            let hits = try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [[String: Any]] ?? []
            return hits.compactMap { $0["id"] as? Int }
        }
    }
}
