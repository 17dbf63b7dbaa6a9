/// Measured values in ascending order, and what stands at a given share of them.
public struct Quantiles: Sendable {
    private let sorted: [Double]

    /// - Precondition: there is at least one value.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "quantiles need at least one value")
        sorted = values.sorted()
    }

    public var count: Int { sorted.count }
    public var median: Double { self[0.5] }

    /// The smallest value that at least `share` of all values do not exceed ("nearest rank"): always one that was measured.
    public subscript(share: Double) -> Double {
        precondition((0...1).contains(share), "a share is from 0 to 1")
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}

extension Duration {
    public var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
    }
}
