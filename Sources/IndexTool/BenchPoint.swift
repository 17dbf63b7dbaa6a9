import Glibc

/// What `bench` found at one setting.
struct BenchPoint {
    /// nil: the index has no graph and was scanned.
    var setting: EffortSetting?
    /// The share of the true neighbours that was found.
    var recall: Double
    /// Queries a second: the median over the rounds.
    var qps = 0.0
    var qpsMin = 0.0
    var qpsMax = 0.0
    /// Of one search, from a round of its own.
    var p50Microseconds = 0.0
    var p99Microseconds = 0.0
    /// Means over the queries.
    var hops: Double
    var distances: Double
    var reranked: Double

    var settingName: String { setting?.kind.rawValue ?? "scan" }
    var valueText: String { setting?.text ?? "0" }

    /// QPS at a recall, between the two points around it by a straight line over the QPS's logarithm; nil when no
    /// point finds so much.
    static func qps(at recall: Double, of points: [BenchPoint]) -> Double? {
        let sorted = points.sorted { ($0.recall, $1.qps) < ($1.recall, $0.qps) }
        // What is both slower and finds less is not on the curve.
        var curve: [BenchPoint] = []
        for point in sorted {
            while let last = curve.last, last.qps <= point.qps { curve.removeLast() }
            curve.append(point)
        }
        guard let above = curve.firstIndex(where: { $0.recall >= recall }) else { return nil }
        // The cheapest setting finds more than was asked for: no slower than that.
        guard above > 0 else { return curve[above].qps }
        let (low, high) = (curve[above - 1], curve[above])
        let share = (recall - low.recall) / (high.recall - low.recall)
        return low.qps * pow(high.qps / low.qps, share)
    }
}
