/// Whether a filtered search walks the graph or scans the matches, and with which rule it walks. Measured, see
/// docs/decisions/filters.md.
///
/// A filter that has nothing to do with the query lets one in nodes/matches of the nodes through: a walk must meet k times
/// as many. One that goes with the query costs less, and one that goes against it (the matches are far away) much more:
/// such a walk is given up, so that no search costs much more than a scan of its matches.
struct FilterPlan {
    let matches: Int
    let nodes: Int
    let k: Int

    /// What a hop of a filtered walk costs, in comparisons with codes.
    private static let hopCost = 13.0
    /// How much longer a walk may be than expected, where that is little beside a scan, and where it is not.
    private static let patience = (most: 3.0, least: 1.5)
    private static let hopsMin = (most: 256.0, least: 64.0)
    /// What a walk in vain may cost of a scan.
    private static let scanShare = 0.5

    private func expectedHops(_ nearest: Int) -> Double { Double(nearest + 6) * Double(nodes) / Double(matches) }

    var isWalk: Bool { k <= matches / 8 && expectedHops(k) * Self.hopCost < Double(matches) }

    /// Where few ids are left out, as tombstones are, the walk is that of an unfiltered search.
    private var isNearlyAll: Bool { Double(matches) >= 0.9 * Double(nodes) }

    /// The effort that a walk over the whole graph needs, so that it finds as much of the matches as was asked for.
    func effort(for effort: SearchEffort) -> SearchEffort {
        guard case .targetRecall(let target) = effort, !isNearlyAll, target > 0, target < 1 else { return effort }
        return .targetRecall(1 - (1 - target) / 2)
    }

    /// - Parameter codeBytes: the estimates' error is about one in its square root.
    func adjust(_ rule: inout WalkRule, codeBytes: Int) {
        let expected = expectedHops(rule.nearest)
        let most = Self.patience.most * expected + Self.hopsMin.most
        let least = Self.patience.least * expected + Self.hopsMin.least
        let scan = Double(matches) / Self.hopCost
        rule.hopsMax = Int(min(most, max(least, Self.scanShare * scan)))
        rule.bridgeSlack = rule.slack
        guard !isNearlyAll else { return }
        rule.cap = .max
        // Nodes that are no answers only lead on: nearly all matches stand in the rows of the nearer ones.
        rule.bridgeSlack -= 1 / Float(codeBytes).squareRoot()
    }
}
