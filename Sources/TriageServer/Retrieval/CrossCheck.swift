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

    /// Which of the exact answer's rows the index found, and how many those are. Where rows are as near as each other at the
    /// end of the list, either answer may have any of them.
    package static func agreed(_ found: [Hit], _ exact: [Hit]) -> Int {
        let (foundIDs, exactIDs) = (Set(found.map(\.id)), Set(exact.map(\.id)))
        guard let last = exact.last?.cosine else { return 0 }
        func isTie(_ hit: Hit) -> Bool { abs(hit.cosine - last) <= cosineTolerance }
        let common = exact.count { foundIDs.contains($0.id) }
        // A stranger that is nearer than the last row is no tie: there is no such row, or not any more.
        let strangers = found.count { !exactIDs.contains($0.id) && isTie($0) }
        let missed = exact.count { !foundIDs.contains($0.id) && isTie($0) }
        return common + min(strangers, missed)
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
