/// One point of the curve that the builder measured: what a slack finds and costs.
public struct CalibrationPoint: Sendable, Equatable {
    /// Neighbours that were asked for.
    public var k: Int
    /// The setting; see ``SearchEffort/slack(_:)``.
    public var slack: Float
    /// The share of the true neighbours that searches for held-back vectors found: the mean less one standard error.
    public var recall: Float
    /// Rows expanded by a search, on average.
    public var hops: Float

    /// For comparing with what an index holds.
    public init(k: Int, slack: Float, recall: Float, hops: Float) {
        self.k = k
        self.slack = slack
        self.recall = recall
        self.hops = hops
    }
}

/// The curves of an index, from which a search takes the setting that its target of recall needs.
struct Calibration: Sendable {
    /// Grouped by k ascending, slack ascending within.
    let points: [CalibrationPoint]

    /// The least slack whose measured recall reaches the target. Between two k that were measured it lies between their
    /// slacks, by the logarithm of k: the more neighbours, the less slack they need; beyond them it is the nearest one's.
    ///
    /// - Returns: nil when no setting that was measured reaches the target.
    func slack(for target: Double, k: Int) -> Float? {
        let below = points.last { $0.k <= k }?.k
        let above = points.first { $0.k >= k }?.k
        guard let below, let above, below < above else {
            return (above ?? below).flatMap { slack(for: Float(target), curve: $0) }
        }
        guard let most = slack(for: Float(target), curve: below), let least = slack(for: Float(target), curve: above)
        else {
            return nil
        }
        let share = (Self.logarithm(k) - Self.logarithm(below)) / (Self.logarithm(above) - Self.logarithm(below))
        return most + share * (least - most)
    }

    /// Between powers of two a straight line: the same on every machine, as a library's may not be.
    private static func logarithm(_ k: Int) -> Float {
        let k = Float(k)
        return Float(k.exponent) + k.significand
    }

    /// Between two points of a curve it is a straight line.
    private func slack(for target: Float, curve curveK: Int) -> Float? {
        var previous: CalibrationPoint?
        for point in points where point.k == curveK {
            if point.recall >= target {
                guard let previous, point.recall > previous.recall else { return point.slack }
                let share = (target - previous.recall) / (point.recall - previous.recall)
                return previous.slack + share * (point.slack - previous.slack)
            }
            // A dip of noise does not count.
            if previous.map({ point.recall > $0.recall }) ?? true { previous = point }
        }
        return nil
    }
}

extension CalibrationPoint {
    /// Bytes of a point in CALB.
    static let stride = 16

    /// The points of a section, whose length `SnapshotLayout` has checked. What makes no sense is left out.
    static func read(_ section: UnsafePointer<UInt8>?, _ layout: SnapshotLayout) -> [CalibrationPoint] {
        guard let section, let entry = layout.section(.calibration) else { return [] }
        return (0..<Int(entry.length) / stride).compactMap { i in
            let raw = UnsafeRawPointer(section + i * stride)
            func number(_ offset: Int) -> Float { Float(bitPattern: raw.load(fromByteOffset: offset, as: UInt32.self)) }
            let point = CalibrationPoint(
                k: Int(raw.load(as: UInt32.self)), slack: number(4), recall: number(8), hops: number(12))
            guard point.k > 0, SearchEffort.slacks.contains(point.slack), point.recall >= 0, point.recall <= 1 else {
                return nil
            }
            return point
        }
    }

    var bytes: [UInt32] { [UInt32(k), slack.bitPattern, recall.bitPattern, hops.bitPattern] }
}
