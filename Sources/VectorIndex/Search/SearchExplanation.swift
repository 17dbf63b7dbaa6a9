/// One search, step by step: what was decided, where it went, and how the answer came about.
package struct SearchExplanation: Sendable {
    package struct Entry: Sendable, Equatable {
        package var node: UInt32
        package var distance: Float
        /// Whether the walk began at it: it is among the nearest entries.
        package var isStart: Bool
    }

    /// A node whose exact vector was compared with the query's.
    package struct Ranked: Sendable, Equatable {
        package var node: UInt32
        /// Of its 8-bit code; nil when the index was scanned.
        package var distance: Float?
        package var score: Float
        package var ids: [UInt64]
    }

    package struct Walk: Sendable {
        package var entries: [Entry]
        package var hops: [WalkHop]
        /// How many nodes still waited when it ended, and the nearest of them.
        package var waiting: Int
        package var nearestWaiting: (node: UInt32, estimate: Float)?
        /// The last limit, which the nearest waiting node was beyond.
        package var limit: Float
        /// Nodes whose 8-bit distance is at most this were ranked anew: the k-th nearest's and the error's margin.
        package var rerankLimit: Float
        /// Whether the replay expanded the nodes that the search did, in its order and at its distances. It always does,
        /// or one of the two was changed without the other. Of a walk that recorded only its nearest, the number is compared.
        package var isFaithful: Bool
    }

    package var plan: SearchPlan
    /// nil when the index was scanned without a walk.
    package var walk: Walk?
    /// Nodes that were ranked anew by their exact vectors, best first; when the index was scanned, the k best.
    package var ranked: [Ranked]
    package var answer: [Neighbor]
    package var statistics: SearchStatistics
    /// The id that was asked about.
    package var subject: Subject?

    /// What became of one id.
    package struct Subject: Sendable {
        package var id: UInt64
        package var node: UInt32
        package var score: Float
        /// Its place among all ids by exact score, from 1.
        package var rank: Int
        /// The rows that showed it, in the order of hops.
        package var sightings: [WalkSighting]
        package var outcome: Outcome
    }

    package enum Outcome: Sendable, Equatable {
        /// It is in the answer, at this place from 1.
        case answered(Int)
        /// The answer is right without it: k ids are nearer.
        case outranked
        /// The walk never read a row that has it as a neighbour.
        case neverSeen
        /// It was seen, and estimated to be farther than what may wait.
        case neverNear
        /// It waited, and was beyond the limit before its turn came.
        case leftWaiting
        /// Its row was read, and its 8-bit distance was too far for it to be ranked anew.
        case notRanked
    }
}

extension Snapshot {
    /// Searches as `search` does, and says how.
    ///
    /// The walk is made twice: by the search, whose answer this is, and once more by `WalkReplay`.
    /// - Parameter subject: an id to say more about.
    /// - Throws: what `search` throws; `.notFound` when the index has no such id.
    /// - Complexity: that of an exact scan where there is a subject; otherwise a thousand times that of the search.
    package func explain(
        _ query: [Float], k: Int, effort: SearchEffort? = nil, subject id: UInt64? = nil
    ) throws(VectorIndexError) -> SearchExplanation {
        try checkLimits(k: k)
        let subject = try id.map { id throws(VectorIndexError) in (id: id, node: try nodeToExplain(id)) }
        let scratch = SearchScratch()
        let answer = try search(query, k: k, effort: effort, scratch: scratch)
        let (plan, rule) = try plan(for: effort, k: k)
        var explanation = SearchExplanation(
            plan: plan, walk: nil, ranked: [], answer: answer, statistics: scratch.statistics)
        // The same search once more, whose nodes and scores stay in the scratch.
        if let graph = view.graph, let rule {
            try loadQuery(query, into: scratch.query.base)
            let count = graph.run(scratch, k: k, rule: rule)
            var replay = WalkReplay(graph.walk, rule: rule)
            replay.run(scratch.code, entries: graph.entries.count, subject: subject?.node, scratch.walk)
            explanation.walk = self.walk(replay, k: k, recordedBy: scratch)
            let distances = Dictionary(replay.hops.map { ($0.node, $0.distance) }) { first, _ in first }
            explanation.ranked = (0..<count).map { i in
                let node = scratch.ids[i]
                return ranked(node, scratch.scores[i], distances[node])
            }
            if count < k {
                explanation.plan = .scan(.tooFewMet(count))
                explanation.ranked = nearest(scratch, k: k)
            }
            if let subject {
                explanation.subject = self.subject(
                    subject, query: scratch, k: k, replay: replay, ranked: Set(explanation.ranked.map(\.node)), answer)
            }
        } else {
            try loadQuery(query, into: scratch.query.base)
            explanation.ranked = nearest(scratch, k: k)
            if let subject {
                explanation.subject = self.subject(
                    subject, query: scratch, k: k, replay: nil, ranked: [], answer)
            }
        }
        try view.file.checkWhole()
        explanation.ranked.sort { $0.score != $1.score ? $0.score > $1.score : $0.node < $1.node }
        return explanation
    }

    /// The ids of a node's vector.
    package func ids(ofNode node: UInt32) -> [UInt64] { view.idPositions(of: Int(node)).map { view.ids[$0] } }

    private func nodeToExplain(_ id: UInt64) throws(VectorIndexError) -> UInt32 {
        guard let node = view.node(of: id) else {
            throw VectorIndexError(
                .notFound, "the index has no id \(id)", remedy: "Name an id that it has.", file: view.file.path)
        }
        return UInt32(node)
    }

    private func nearest(_ scratch: SearchScratch, k: Int) -> [SearchExplanation.Ranked] {
        view.exact.nearest(to: scratch.query.base, k: k).map { ranked($0.row, $0.score, nil) }
    }

    private func ranked(_ node: UInt32, _ score: Float, _ distance: Float?) -> SearchExplanation.Ranked {
        SearchExplanation.Ranked(node: node, distance: distance, score: score, ids: ids(ofNode: node))
    }

    private func walk(_ replay: WalkReplay, k: Int, recordedBy scratch: SearchScratch) -> SearchExplanation.Walk {
        let isSame =
            scratch.statistics.hops == replay.hops.count
            && (replay.hops.count > scratch.walk.recordedMax
                || replay.hops.indices.allSatisfy {
                    scratch.walk.recorded[$0] == NodeKey.make(replay.hops[$0].distance, replay.hops[$0].node)
                })
        let nearest = replay.hops.map(\.distance).sorted().prefix(k)
        let margin = GraphSearch.rerankMargin / Float(view.rowLayout.codeBytes).squareRoot()
        return SearchExplanation.Walk(
            entries: replay.entries.map {
                SearchExplanation.Entry(node: $0.node, distance: $0.distance, isStart: $0.isStart)
            },
            hops: replay.hops, waiting: replay.waiting, nearestWaiting: replay.nearestWaiting, limit: replay.limit,
            rerankLimit: (nearest.last ?? .infinity) + margin, isFaithful: isSame)
    }

    private func subject(
        _ subject: (id: UInt64, node: UInt32), query scratch: SearchScratch, k: Int, replay: WalkReplay?,
        ranked: Set<UInt32>, _ answer: [Neighbor]
    ) -> SearchExplanation.Subject {
        let own = Neighbor(id: subject.id, score: view.exact.score(scratch.query.base, Int(subject.node)))
        var rank = 1
        for node in 0..<view.nodes {
            let score = view.exact.score(scratch.query.base, node)
            guard score >= own.score else { continue }
            rank += ids(ofNode: UInt32(node)).count { Neighbor.isBetter(Neighbor(id: $0, score: score), own) }
        }
        let outcome: SearchExplanation.Outcome
        if let place = answer.firstIndex(where: { $0.id == subject.id }) {
            outcome = .answered(place + 1)
        } else if rank > k {
            outcome = .outranked
        } else if let replay, replay.hops.contains(where: { $0.node == subject.node }) {
            outcome = ranked.contains(subject.node) ? .outranked : .notRanked
        } else if let replay, replay.hasQueued(subject.node) {
            outcome = .leftWaiting
        } else {
            outcome = replay?.sightings.isEmpty == false ? .neverNear : .neverSeen
        }
        return SearchExplanation.Subject(
            id: subject.id, node: subject.node, score: own.score, rank: rank, sightings: replay?.sightings ?? [],
            outcome: outcome)
    }
}
