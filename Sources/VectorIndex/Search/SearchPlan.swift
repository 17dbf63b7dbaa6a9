/// How a search is carried out, and why so.
package enum SearchPlan: Sendable, Equatable {
    package enum ScanReason: Sendable, Equatable {
        /// The index is small: it was built without a graph, as is done up to so many vectors.
        case noGraph(exactScanMax: Int)
        /// More than an eighth of the different vectors is asked for.
        case largePart(nodes: Int)
        /// No slack that the builder tried finds so much.
        case targetOutOfReach(Double)
        /// The walk met fewer nodes than were asked for.
        case tooFewMet(Int)
    }

    /// Where the slack of a walk is from.
    package enum SlackOrigin: Sendable, Equatable {
        /// A target of recall, the index's own or the caller's, looked up in the builder's curves. For each curve the
        /// point before the target is reached and the one that reaches it; two curves where k lies between them.
        case target(Double, isIndexs: Bool, curve: [CurvePlace])
        /// The caller's slack.
        case given
        /// The caller's efSearch: the limit is taken from so many nearest, and no slack is added.
        case efSearch(Int)
    }

    /// Where a target lies on the curve of one k.
    package struct CurvePlace: Sendable, Equatable {
        package var below: CalibrationPoint?
        package var reaching: CalibrationPoint
    }

    case scan(ScanReason)
    /// - Parameters:
    ///   - nearest: how many of the nearest expanded nodes the limit is taken from.
    ///   - slack: what is added to the last of them.
    ///   - cap: so many of the nearest that wait keep others from waiting; nil: none does.
    case walk(nearest: Int, slack: Float, cap: Int?, SlackOrigin)
}

extension Snapshot {
    /// What `search` decides before it starts, and the rule of its walk.
    func plan(for effort: SearchEffort?, k: Int) throws(VectorIndexError) -> (SearchPlan, WalkRule?) {
        let rule = try walkRule(for: effort, k: k)
        guard view.graph != nil else { return (.scan(.noGraph(exactScanMax: info.exactScanMax)), nil) }
        guard k <= view.nodes / 8 else { return (.scan(.largePart(nodes: view.nodes)), nil) }
        let target: Double? = if case .targetRecall(let given) = effort { given } else { nil }
        guard let rule else { return (.scan(.targetOutOfReach(target ?? info.targetRecall)), nil) }
        let origin: SearchPlan.SlackOrigin =
            switch effort {
            case .slack: .given
            case .efSearch(let ef): .efSearch(ef)
            case .targetRecall, nil:
                .target(
                    target ?? info.targetRecall, isIndexs: target == nil,
                    curve: curvePlaces(of: target ?? info.targetRecall, k: k))
            }
        let cap = rule.cap <= WalkRule.hotMax ? rule.cap : nil
        return (.walk(nearest: rule.nearest, slack: rule.slack, cap: cap, origin), rule)
    }

    /// The points that `Calibration.slack` finds its way between.
    private func curvePlaces(of target: Double, k: Int) -> [SearchPlan.CurvePlace] {
        let points = view.calibration.points
        let below = points.last { $0.k <= k }?.k
        let above = points.first { $0.k >= k }?.k
        let curves = below == above ? [below] : [below, above]
        return curves.compactMap(\.self).compactMap { curve in
            let own = points.filter { $0.k == curve }
            guard let reaching = own.firstIndex(where: { $0.recall >= Float(target) }) else { return nil }
            // A dip of noise does not count.
            let before = own[..<reaching].max { $0.recall < $1.recall }
            return SearchPlan.CurvePlace(below: before, reaching: own[reaching])
        }
    }
}
