/// Sample queries with their exact neighbours, so that a file can prove its own recall on any machine.
///
/// A query is the vector of a node, and its neighbours are the nearest other nodes.
///
/// `@unchecked Sendable`: it points into the mapping of the snapshot that holds it, which nobody writes.
struct SelfTest: @unchecked Sendable {
    let queries: Int
    let k: Int
    /// What the builder measured, and the slack that it measured with.
    let recall: Float
    let slack: Float
    /// Per query its node and the k nodes.
    private let numbers: UnsafePointer<UInt32>

    static let headerNumbers = 4

    /// - Parameter section: of the length that `SnapshotLayout` has checked to be a whole number of queries.
    init?(_ section: UnsafePointer<UInt32>?, _ layout: SnapshotLayout) {
        guard let section, let entry = layout.section(.selfTest) else { return nil }
        k = Int(entry.stride) / 4 - 1
        queries = (Int(entry.length) / 4 - Self.headerNumbers) / (k + 1)
        recall = Float(bitPattern: section[2])
        slack = Float(bitPattern: section[3])
        numbers = section + Self.headerNumbers
    }

    func node(of query: Int) -> UInt32 { numbers[query * (k + 1)] }

    func neighbors(of query: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: numbers + query * (k + 1) + 1, count: k)
    }
}

extension Snapshot {
    /// What a self-test found.
    public struct SelfTestResult: Sendable, Equatable {
        /// How many sample queries the file holds.
        public var queries: Int
        /// Neighbours that each asks for.
        public var k: Int
        /// The share of the exact neighbours that searches with the builder's setting found here.
        public var recall: Double
        /// What the builder measured in the same way.
        public var recallWhenBuilt: Double
    }

    /// Runs the file's sample queries; nil when it has none, as a scanned index has not.
    ///
    /// The recall is the builder's, exactly, where the same version of the program built the file: walks are the same on
    /// every instruction set. Another version may walk otherwise, and find a little more or less.
    public func selfTest() throws(VectorIndexError) -> SelfTestResult? {
        guard let test = view.selfTest, let graph = view.graph else { return nil }
        let scratch = SearchScratch()
        var hits = 0
        for query in 0..<test.queries {
            let node = test.node(of: query)
            let neighbors = test.neighbors(of: query)
            guard node < view.nodes, neighbors.allSatisfy({ $0 < view.nodes }) else {
                throw VectorIndexError(
                    .damaged, "sample query \(query) names a node that is not there", remedy: VectorIndexError.rebuild,
                    file: view.file.path, section: SectionTag.selfTest.description)
            }
            hits += graph.hits(
                of: node, among: neighbors, slack: test.slack,
                vector: view.exact.base + Int(node) * view.dimensions, scratch)
        }
        return SelfTestResult(
            queries: test.queries, k: test.k, recall: Double(hits) / Double(max(test.queries * test.k, 1)),
            recallWhenBuilt: Double(test.recall))
    }
}

extension GraphSearch {
    /// How many of a node's exact neighbours a search for its vector finds.
    func hits(
        of node: UInt32, among neighbors: UnsafeBufferPointer<UInt32>, slack: Float, vector: UnsafePointer<Float>,
        _ scratch: SearchScratch
    ) -> Int {
        // One more, as the node finds itself.
        let k = neighbors.count + 1
        scratch.fit(dimensions: vectors.dimensions)
        scratch.query.base.update(from: vector, count: vectors.dimensions)
        let count = run(scratch, k: k, rule: WalkRule(nearest: k, slack: slack, cap: WalkRule.cap(k: k)))
        return nearest(scratch, count: count, k: k).count { neighbors.contains($0) }
    }

    /// The k nearest nodes of what `run` left. Equal scores by node.
    func nearest(_ scratch: SearchScratch, count: Int, k: Int) -> [UInt32] {
        let sorted = (0..<count).sorted {
            scratch.scores[$0] != scratch.scores[$1]
                ? scratch.scores[$0] > scratch.scores[$1] : scratch.ids[$0] < scratch.ids[$1]
        }
        return sorted.prefix(k).map { scratch.ids[$0] }
    }
}
