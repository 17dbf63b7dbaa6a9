/// How the nearness of two vectors is measured.
public enum Metric: UInt32, Sendable, CaseIterable {
    /// The cosine of the angle: vectors are brought to unit length when they are added, and queries when they are
    /// asked.
    case cosine = 1
    /// The inner product, of vectors of any length.
    case innerProduct = 2
    /// The squared Euclidean distance; scores are minus it, so that higher is nearer here too.
    case squaredL2 = 3

    /// The name on command lines and in reports.
    public var name: String {
        switch self {
        case .cosine: "cosine"
        case .innerProduct: "ip"
        case .squaredL2: "l2"
        }
    }

    /// The metric of that name; nil when there is none.
    public init?(name: String) {
        guard let metric = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = metric
    }
}
