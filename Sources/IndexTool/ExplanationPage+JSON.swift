import VectorIndex

extension ExplanationPage {
    /// The same for programs; hops count from 0 here, and what does not exist is null.
    var json: String {
        var object = JSONObject()
        object.add("neighbors", explanation.answer.map { Self.json(id: $0.id, score: $0.score) })
        object.add("statistics", statistics)
        object.add("plan", plan)
        object.add("walk", explanation.walk.map(json))
        object.add("ranked", explanation.ranked.map(json))
        object.add("subject", explanation.subject.map(json))
        return "\(object)"
    }

    private static func json(id: UInt64, score: Float) -> JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("score", Double(score), decimals: 6)
        return object
    }

    private var statistics: JSONObject {
        var object = JSONObject()
        object.add("hops", explanation.statistics.hops)
        object.add("distances", explanation.statistics.distances)
        object.add("reranked", explanation.statistics.reranked)
        return object
    }

    private var plan: JSONObject {
        var object = JSONObject()
        switch explanation.plan {
        case .scan(let reason):
            object.add("kind", "scan")
            object.add("why", Self.words(reason))
        case .walk(let nearest, let slack, let cap, let origin):
            object.add("kind", "walk")
            object.add("nearest", nearest)
            object.add("slack", slack)
            object.add("cap", cap)
            switch origin {
            case .given: object.add("slackFrom", "slack")
            case .efSearch: object.add("slackFrom", "efSearch")
            case .target(let target, let isIndexs, let curve):
                object.add("slackFrom", isIndexs ? "index target" : "target")
                object.add("targetRecall", target, decimals: 6)
                object.add("curve", curve.flatMap { [$0.below, $0.reaching] }.compactMap(\.self).map(json))
            }
        }
        return object
    }

    private func json(_ point: CalibrationPoint) -> JSONObject {
        var object = JSONObject()
        object.add("k", point.k)
        object.add("slack", point.slack)
        object.add("recall", point.recall)
        object.add("hops", point.hops)
        return object
    }

    private func json(_ walk: SearchExplanation.Walk) -> JSONObject {
        var object = JSONObject()
        object.add("isFaithful", walk.isFaithful)
        object.add(
            "entries",
            walk.entries.map { entry in
                var object = JSONObject()
                add(entry.node, to: &object)
                object.add("distance", entry.distance)
                object.add("isStart", entry.isStart)
                return object
            })
        object.add("hops", walk.hops.map(json))
        object.add("waiting", walk.waiting)
        object.add("nearestWaiting", walk.nearestWaiting?.estimate)
        object.add("limit", walk.limit)
        object.add("rerankLimit", walk.rerankLimit)
        return object
    }

    private func json(_ hop: WalkHop) -> JSONObject {
        var object = JSONObject()
        add(hop.node, to: &object)
        object.add("from", hop.from.map(Int.init))
        object.add("estimate", hop.estimate)
        object.add("distance", hop.distance)
        object.add("place", hop.rank)
        object.add("limit", hop.limit)
        object.add("queued", hop.queued)
        return object
    }

    private func json(_ ranked: SearchExplanation.Ranked) -> JSONObject {
        var object = JSONObject()
        object.add("node", Int(ranked.node))
        object.add("ids", ranked.ids)
        object.add("distance", ranked.distance)
        object.add("score", Double(ranked.score), decimals: 6)
        return object
    }

    private func json(_ subject: SearchExplanation.Subject) -> JSONObject {
        var object = JSONObject()
        object.add("id", subject.id)
        object.add("node", Int(subject.node))
        object.add("score", Double(subject.score), decimals: 6)
        object.add("rank", subject.rank)
        object.add("outcome", Self.name(subject.outcome))
        object.add("why", Self.words(subject.outcome, k: explanation.answer.count))
        object.add("expandedAt", explanation.walk?.hops.firstIndex { $0.node == subject.node })
        object.add(
            "sightings",
            subject.sightings.map { sighting in
                var object = JSONObject()
                object.add("hop", sighting.hop)
                object.add("estimate", sighting.estimate)
                object.add("needed", sighting.needed)
                object.add("fate", sighting.fate.rawValue)
                return object
            })
        return object
    }

    private func add(_ node: UInt32, to object: inout JSONObject) {
        object.add("node", Int(node))
        object.add("ids", snapshot.ids(ofNode: node))
    }

    private static func name(_ outcome: SearchExplanation.Outcome) -> String {
        switch outcome {
        case .answered: "answered"
        case .outranked: "outranked"
        case .neverSeen: "neverSeen"
        case .neverNear: "neverNear"
        case .leftWaiting: "leftWaiting"
        case .notRanked: "notRanked"
        }
    }
}
