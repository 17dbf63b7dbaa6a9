import Foundation
import VectorIndex

/// Generations and changes for a test of swapping, of which every answer is known from two numbers of a state: its
/// snapshot's version and its own.
///
/// Swap s puts in a generation of version 10 s. It is one of a few files, its family, with the version set anew. Versions
/// 10 s + 1 and 10 s + 2 are changes, each of them two: the nearest id of a query is taken out of family s, and a vector like
/// the query comes under an id that names the version. Change 10 s + 1 comes before generation s and outlives the
/// swap, 10 s + 2 comes after it.
struct SwapPlan: Sendable {
    static let families = 6
    static let changesAtOnce = 2
    static let k = 10

    let queries: [[Float]]
    private let files: [TestFile]
    /// By family and query: all of the family, best first.
    private let orders: [[[Neighbor]]]
    /// By query: the scores of vectors like other queries.
    private let fresh: [[Float]]

    init() throws {
        var source = ClusteredVectors(dimensions: 32, seed: 51)
        let queries = source.next(40)
        var files: [TestFile] = []
        var orders: [[[Neighbor]]] = []
        for family in 0..<Self.families {
            var builder = SnapshotBuilder(
                dimensions: 32, metric: .cosine,
                parameters: BuildParameters(targetRecall: 0.95, exactScanMax: family % 2 == 0 ? 2_000 : 0))
            for i in 0..<600 { try builder.add(id: Self.id(family: family, i), vector: source.next()) }
            let path = try Fixture.path()
            try builder.write(to: path)
            files.append(TestFile(try Fixture.bytes(path)))
            orders.append(try Snapshot(path: path).exactSearch(queries, k: 600))
        }
        self.queries = queries
        self.files = files
        self.orders = orders
        fresh = try Fixture.snapshot(queries).exactSearch(queries, k: queries.count).map { found in
            // Ids of that index are positions times three.
            found.sorted { $0.id < $1.id }.map(\.score)
        }
    }

    private static func id(family: Int, _ i: Int) -> UInt64 { UInt64(10_000 * (family + 1) + i) }
    private static func id(change version: UInt64) -> UInt64 { 1 << 40 + version }

    static func family(_ version: UInt64) -> Int { Int(version / 10) % families }

    /// The generation that a swap puts in, in a file of its own.
    func generation(_ swap: Int) throws -> Snapshot {
        var file = files[swap % Self.families]
        file.set(88, 8, 10 * swap)
        file.sealHeader()
        let path = try Fixture.path()
        try Fixture.write(file.bytes, to: path)
        // What is mapped stays.
        defer { unlink(path) }
        return try Snapshot(path: path)
    }

    /// What is applied between the swap before and this one.
    static func changes(before swap: Int) -> [UInt64] { [UInt64(10 * (swap - 1) + 2), UInt64(10 * swap + 1)] }

    func changes(of version: UInt64) -> [IndexChange] {
        let asked = Int(version) % queries.count
        return [
            .remove(id: orders[Self.family(version)][asked][0].id),
            .set(id: Self.id(change: version), vector: queries[asked]),
        ]
    }

    /// The changes that stand on a state's snapshot.
    static func pending(_ state: LiveSnapshot) -> [UInt64] {
        pending(snapshot: state.snapshot.info.sourceVersion, version: state.version)
    }

    private static func pending(snapshot: UInt64, version: UInt64) -> [UInt64] {
        version > snapshot ? (snapshot + 1...version).filter { (1...2).contains($0 % 10) } : []
    }

    /// All answers to a query, best first, of the state that is at these versions.
    func truth(query: Int, snapshot: UInt64, version: UInt64) -> [Neighbor] {
        let family = Self.family(snapshot)
        let changes = Self.pending(snapshot: snapshot, version: version)
        let removed = Set(changes.map { orders[Self.family($0)][Int($0) % queries.count][0].id })
        let added = changes.map {
            Neighbor(id: Self.id(change: $0), score: fresh[query][Int($0) % queries.count])
        }
        return (orders[family][query].filter { !removed.contains($0.id) } + added).sorted {
            $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id
        }
    }
}
