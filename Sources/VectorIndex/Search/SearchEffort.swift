/// How much a search through a graph may cost. Indexes that are scanned exactly need none.
public enum SearchEffort: Sendable, Equatable {
    /// The cheapest setting that found this share of the true neighbours of held-back vectors when the index was built;
    /// an exact scan when none that was tried did, and for 1.
    case targetRecall(Double)
    /// At least so many nodes are expanded: the search goes on while a node that waits may be nearer than the nearest
    /// `efSearch` expanded ones (at least k).
    case efSearch(Int)
    /// The search goes on while a node that waits may be nearer than the k-th nearest expanded one plus this much, in
    /// the index's own unit: the difference of cosines under cosine.
    case slack(Float)

    /// What a slack may be.
    static let slacks: ClosedRange<Float> = -1 ... .greatestFiniteMagnitude
}

/// What one search did.
public struct SearchStatistics: Sendable, Equatable {
    /// Rows expanded; 0 when the index was scanned.
    public var hops = 0
    /// Distances computed: estimated ones and those of 8-bit codes; all vectors' when the index was scanned.
    public var distances = 0
    /// Vectors ranked anew by their exact scores.
    public var reranked = 0

    /// Of a search that did nothing.
    public init() {}
}
