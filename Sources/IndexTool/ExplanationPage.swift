import VectorIndex

/// A search, told to a person: what was decided, where it went, why it ended, and how the answer came about.
struct ExplanationPage {
    let explanation: SearchExplanation
    let snapshot: Snapshot

    private static let sightingsMax = 12

    init(_ explanation: SearchExplanation, of snapshot: Snapshot) {
        self.explanation = explanation
        self.snapshot = snapshot
    }

    var text: String {
        var parts = [plan]
        if let walk = explanation.walk { parts += [entries(walk), hops(walk), end(walk)] }
        parts.append(ranked)
        if let subject = explanation.subject { parts.append(self.subject(subject)) }
        return parts.joined(separator: "\n\n")
    }

    // MARK: The plan

    private var plan: String {
        switch explanation.plan {
        case .scan(let reason): "scanned exactly: \(Self.words(reason))"
        case .walk(let nearest, let slack, let cap, let origin):
            (["a walk through the graph: \(Self.words(origin, nearest: nearest, slack: slack))"]
                + (cap.map { ["of the nodes that wait, the \($0) nearest keep farther ones from waiting"] } ?? [])
                + [distanceUnit]).joined(separator: "\n")
        }
    }

    static func words(_ reason: SearchPlan.ScanReason) -> String {
        switch reason {
        case .noGraph(let exactScanMax):
            "the index has no graph, since it was built to have none up to \(Text.grouped(exactScanMax)) different vectors"
        case .largePart(let nodes):
            "more than an eighth of its \(Text.grouped(nodes)) different vectors is asked for"
        case .targetOutOfReach(let target):
            target < 1
                ? "no slack that the builder tried finds \(target) of the neighbours"
                : "all of the neighbours are asked for"
        case .tooFewMet(let count): "the walk met \(Text.grouped(count)) nodes only, which are told below"
        }
    }

    private static func words(_ origin: SearchPlan.SlackOrigin, nearest: Int, slack: Float) -> String {
        let ends = "it ends at what is \(distance(slack)) farther than the nearest \(nearest)"
        switch origin {
        case .given: return "\(ends), the slack that was given"
        case .efSearch(let ef):
            return "it ends at what is farther than the nearest \(nearest), for an efSearch of \(ef)"
        case .target(let target, let isIndexs, let curve):
            let places = curve.map { place in
                let below = place.below.map { " between slack \(point($0)) and" } ?? " at slack"
                return "on the builder's curve of k = \(place.reaching.k)\(below) \(point(place.reaching))"
            }
            return "\(ends),\n  for a recall of \(target), \(isIndexs ? "the index's own target" : "as was asked"):"
                + places.map { "\n  \($0)" }.joined()
        }
    }

    private static func point(_ point: CalibrationPoint) -> String {
        "\(distance(point.slack)) (recall \(Text.fixed(Double(point.recall), 4)), \(Text.fixed(Double(point.hops), 1)) hops)"
    }

    private var distanceUnit: String {
        switch snapshot.info.metric {
        case .cosine: "distances are minus the cosine"
        case .innerProduct: "distances are minus the inner product with the query, in the index's own unit"
        case .squaredL2: "distances are half the squared ones less what all have in common, in the index's own unit"
        }
    }

    // MARK: The walk

    private func entries(_ walk: SearchExplanation.Walk) -> String {
        var lines = ["entries: a walk starts at the nearest of \(walk.entries.count) sampled nodes"]
        lines.append("       node             id   distance")
        for entry in walk.entries {
            lines.append(
                "\(node(entry.node)) \(Text.aligned(ids(entry.node), 14)) \(number(entry.distance))"
                    + (entry.isStart ? "  start" : ""))
        }
        return lines.joined(separator: "\n")
    }

    private func hops(_ walk: SearchExplanation.Walk) -> String {
        var lines = ["hops: each row in the order of reading, its distance as it was estimated and by its 8-bit code,"]
        lines.append("its place among the nearest so far, the limit from then on, and the neighbours that it made wait")
        lines.append("   hop        node             id   shown by  estimated      8-bit   place      limit  new")
        for (i, hop) in walk.hops.enumerated() {
            lines.append(
                [
                    Text.aligned("\(i + 1)", 6), node(hop.node), Text.aligned(ids(hop.node), 14),
                    Text.aligned(hop.from.map { "\($0)" } ?? "entry", 10), number(hop.estimate), number(hop.distance),
                    Text.aligned(hop.rank.map(String.init) ?? "-", 7),
                    Text.aligned(hop.limit.isFinite ? Self.distance(hop.limit) : "none", 10),
                    Text.aligned("\(hop.queued)", 4),
                ].joined(separator: " "))
        }
        if !walk.isFaithful {
            lines.append(
                "This account differs from the search that it is of. Please report it; the answer is the search's.")
        }
        return lines.joined(separator: "\n")
    }

    private func end(_ walk: SearchExplanation.Walk) -> String {
        guard let nearest = walk.nearestWaiting else { return "end: no node was left that waits" }
        return
            "end: of \(Text.grouped(walk.waiting)) nodes that wait the nearest, \(nearest.node), is estimated at"
            + " \(Self.distance(nearest.estimate)), beyond the limit \(Self.distance(walk.limit))"
    }

    // MARK: The answer

    private var ranked: String {
        let did = explanation.statistics
        var lines: [String]
        if let walk = explanation.walk, did.hops > 0 {
            lines = [
                "ranked anew by exact scores: \(Text.grouped(did.reranked)) of \(Text.grouped(did.hops)) expanded nodes,"
                    + " those whose 8-bit distance is at most \(Self.distance(walk.rerankLimit))"
            ]
        } else {
            lines = ["exact scores of \(Text.grouped(did.distances)) vectors; the nearest are"]
        }
        lines.append(" place        node             id      8-bit      score")
        let answered = Dictionary(explanation.answer.enumerated().map { ($1.id, $0 + 1) }) { first, _ in first }
        for node in explanation.ranked {
            for id in node.ids {
                lines.append(
                    [
                        Text.aligned(answered[id].map(String.init) ?? "-", 6), self.node(node.node),
                        Text.aligned("\(id)", 14), node.distance.map(number) ?? Text.aligned("-", 10),
                        Text.aligned(Text.fixed(Double(node.score), 6), 10),
                    ].joined(separator: " "))
            }
        }
        lines.append(
            "\(did.hops == 0 ? "scanned" : "\(Text.grouped(did.hops)) hops"), \(Text.grouped(did.distances)) distances,"
                + " \(Text.grouped(did.reranked)) re-ranked")
        return lines.joined(separator: "\n")
    }

    private func subject(_ subject: SearchExplanation.Subject) -> String {
        var lines = [
            "id \(subject.id): node \(subject.node), exact score \(Text.fixed(Double(subject.score), 6)), rank"
                + " \(Text.grouped(subject.rank)) of \(Text.grouped(snapshot.info.count))"
        ]
        for sighting in subject.sightings.prefix(Self.sightingsMax) {
            let needed = sighting.needed.isFinite ? Self.distance(sighting.needed) : "any distance"
            let fate =
                switch sighting.fate {
                case .queued: "below \(needed): waits from here on"
                case .known: "met before"
                case .tooFar: "not below \(needed): does not wait"
                }
            lines.append(
                "  hop \(sighting.hop + 1) shows it, estimated at \(Self.distance(sighting.estimate)), \(fate)")
        }
        let more = subject.sightings.count - Self.sightingsMax
        if more > 0 { lines.append("  \(more) more hops show it") }
        if let hop = explanation.walk?.hops.firstIndex(where: { $0.node == subject.node }) {
            lines.append("  hop \(hop + 1) expands it")
        }
        lines.append("  \(Self.words(subject.outcome, k: explanation.answer.count))")
        return lines.joined(separator: "\n")
    }

    static func words(_ outcome: SearchExplanation.Outcome, k: Int) -> String {
        switch outcome {
        case .answered(let place): "it is in the answer, at place \(place)"
        case .outranked: "it is not in the answer, and rightly so: \(k) others are nearer"
        case .neverSeen: "missed: no row that was expanded has it as a neighbour; a larger slack expands more"
        case .neverNear: "missed: it was estimated too far to wait; a larger slack lets it"
        case .leftWaiting: "missed: it was beyond the limit before its turn came; a larger slack expands it"
        case .notRanked: "missed: by its 8-bit code it was too far to be ranked anew"
        }
    }

    // MARK: Numbers

    private func node(_ node: UInt32) -> String { Text.aligned("\(node)", 11) }

    private func ids(_ node: UInt32) -> String {
        let ids = snapshot.ids(ofNode: node)
        return "\(ids.first.map(String.init) ?? "-")\(ids.count > 1 ? " +\(ids.count - 1)" : "")"
    }

    private func number(_ value: Float) -> String { Text.aligned(Self.distance(value), 10) }

    private static func distance(_ value: Float) -> String { Text.fixed(Double(value), 5) }
}
