/// One answer of a search.
public struct Neighbor: Sendable, Hashable {
    /// The id under which the vector was added.
    public var id: UInt64
    /// Higher is nearer: the cosine, the inner product, or minus the squared Euclidean distance. Computed from the
    /// exact vectors in a fixed order of operations, so that it is the same number on every machine and from every kind
    /// of search.
    public var score: Float

    /// For comparing with what a search gives.
    public init(id: UInt64, score: Float) {
        self.id = id
        self.score = score
    }

    /// Best first: by score, and by id where scores are equal.
    package static func isBetter(_ left: Neighbor, _ right: Neighbor) -> Bool {
        left.score != right.score ? left.score > right.score : left.id < right.id
    }
}
