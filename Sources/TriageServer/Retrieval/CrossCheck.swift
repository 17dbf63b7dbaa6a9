import Metrics

/// Checks the index's answers against pgvector's exact one on the same rows: a share of those that are given, and those
/// for which it is asked. A row that changed within the last moments, and which the index has not heard of, is a miss, too.
package struct CrossCheck: Sendable {
    /// A row near a query: its id and its cosine.
    package typealias Hit = (id: Int64, cosine: Double)

    /// Which part of the answers is checked, 0–1.
    private let share: Double
    /// Uniform in 0..<1.
    private let random: @Sendable () -> Double

    package init(share: Double, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) {
        self.share = share
        self.random = random
    }

    /// Whether the next answer is one of those that are checked.
    package func isDue() -> Bool { share > 0 && random() < share }

    /// Cosines of single precision that differ by less are the same.
    package static let cosineTolerance = 1e-5

    /// Which of the exact answer's rows the index found, and how many those are. A row that is as near as the last one
    /// found is a tie: either answer may have it.
    package static func agreed(_ found: [Hit], _ exact: [Hit]) -> Int {
        let ids = Set(found.map(\.id))
        let last = found.last?.cosine ?? .infinity
        return exact.count { ids.contains($0.id) || found.count >= exact.count && $0.cosine <= last + cosineTolerance }
    }

    /// Counts a check.
    ///
    /// - Returns: the part of the exact answer that the index found; nil when there was nothing to find.
    func note(_ found: [Hit], _ exact: [Hit]) -> Double? {
        Counter(label: "nexify_retrieval_cross_checks_total").increment()
        guard !exact.isEmpty else { return nil }
        let agreed = Self.agreed(found, exact)
        Counter(label: "nexify_retrieval_cross_check_rows_total").increment(by: exact.count)
        Counter(label: "nexify_retrieval_cross_check_rows_missed_total").increment(by: exact.count - agreed)
        let agreement = Double(agreed) / Double(exact.count)
        Gauge(label: "nexify_retrieval_agreement_ratio").record(agreement)
        return agreement
    }
}
