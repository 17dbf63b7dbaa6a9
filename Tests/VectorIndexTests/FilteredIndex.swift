import Testing
import VectorIndex

/// An index that is large enough for every plan of a filtered search, with groups of queries that lie about one of its
/// vectors, and filters that have to do with where that is or not. Built once for each metric.
struct FilteredIndex: Sendable {
    /// Queries that are near one vector of the index, of all those that there are.
    struct Group: Sendable {
        let queries: [[Float]]
        /// All ids, those nearest to the vector first.
        let order: [UInt64]
        let number: Int
    }

    /// How a filter's matches lie to a group's queries.
    enum Kind: String, Sendable, CaseIterable {
        case random
        /// About the vector that the queries are about.
        case near
        /// The farthest from it.
        case far
    }

    static let count = 24_000
    static let degree = 32

    let snapshot: Snapshot
    let groups: [Group]

    static func of(_ metric: Metric) throws -> FilteredIndex {
        switch metric {
        case .cosine: try cosine.get()
        case .innerProduct: try innerProduct.get()
        case .squaredL2: try squaredL2.get()
        }
    }

    private static let cosine = Result { try FilteredIndex(.cosine) }
    private static let innerProduct = Result { try FilteredIndex(.innerProduct) }
    private static let squaredL2 = Result { try FilteredIndex(.squaredL2) }

    private init(_ metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 32, seed: 201)
        let vectors = source.next(Self.count)
        let queries = source.next(1_000)
        let asked = try Fixture.snapshot(
            queries, metric: metric, parameters: BuildParameters(exactScanMax: queries.count))
        let snapshot = try Fixture.snapshot(vectors, metric: metric)
        // Ids are positions times three.
        groups = try (0..<20).map { number in
            let middle = vectors[1_000 * number]
            return Group(
                queries: try asked.exactSearch(middle, k: 25).map { queries[Int($0.id) / 3] },
                order: try snapshot.exactSearch(middle, k: Self.count).map(\.id), number: number)
        }
        self.snapshot = snapshot
    }

    /// A filter for a group's queries that lets through so many vectors.
    func filter(_ kind: Kind, _ group: Group, matches: Int) throws -> (selection: Selection, ids: Set<UInt64>) {
        let ids: Set<UInt64>
        switch kind {
        case .random:
            var random = SplitMix64(seed: UInt64(100_000 * group.number + matches))
            ids = Set(group.order.shuffled(using: &random).prefix(matches))
        case .near: ids = Set(group.order.prefix(matches))
        case .far: ids = Set(group.order.suffix(matches))
        }
        let selection = try snapshot.selection(bitmap: Self.bitmap(ids.map { Int($0) / 3 }, count: Self.count))
        try #require(selection.count == matches)
        return (selection, ids)
    }

    /// A caller's bitmap with some bits set.
    static func bitmap(_ bits: [Int], count: Int) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for bit in bits { words[bit / 64] |= 1 << UInt64(bit % 64) }
        return words
    }
}
