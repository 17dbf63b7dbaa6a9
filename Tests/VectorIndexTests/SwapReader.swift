import Foundation
import Synchronization
import VectorIndex

/// A thread that searches whatever is current and checks each answer against what that state must answer, until it is
/// stopped.
final class SwapReader: Sendable {
    private let isStopped = Atomic(false)
    private let figures = Mutex<SwapFigures?>(nil)
    private let end = DispatchGroup()

    init(index: LiveIndex, plan: SwapPlan, number: Int) {
        end.enter()
        Thread.detachNewThread { [self] in
            let found = read(index, plan, number)
            figures.withLock { $0 = found }
            end.leave()
        }
    }

    func stop() async -> SwapFigures {
        isStopped.store(true, ordering: .releasing)
        await withCheckedContinuation { continuation in
            end.notify(queue: .global()) { continuation.resume() }
        }
        return figures.withLock { $0 ?? SwapFigures() }
    }

    private func read(_ index: LiveIndex, _ plan: SwapPlan, _ number: Int) -> SwapFigures {
        var figures = SwapFigures()
        var random = SplitMix64(seed: UInt64(number))
        let scratch = SearchScratch()
        let watch = ThreadWatch()
        figures.isDelayChecked = watch != nil
        // Of the state that was seen last: all answers to each query that was asked.
        var seen: (snapshot: UInt64, version: UInt64) = (.max, .max)
        var truths: [Int: [Neighbor]] = [:]
        while !isStopped.load(ordering: .acquiring) || figures.answers == 0 {
            let asked = random.next(below: plan.queries.count)
            let isExact = random.next(below: 2) == 0
            let before = watch?.now()
            let state = index.current
            let result = Result { () throws(VectorIndexError) in
                try state.search(
                    plan.queries[asked], k: SwapPlan.k, effort: isExact ? .targetRecall(1) : nil, scratch: scratch)
            }
            if let before, let after = watch?.now() { figures.note(after, since: before) }
            figures.answers += 1
            let versions = (snapshot: state.snapshot.info.sourceVersion, version: state.version)
            if versions != seen {
                // Nobody goes back to an earlier state.
                if seen.version != .max, versions.version < seen.version || versions.snapshot < seen.snapshot {
                    figures.faults.append("\(versions) after \(seen)")
                }
                seen = versions
                truths = [:]
                figures.saw(versions.snapshot, versions.version)
            }
            if truths[asked] == nil {
                truths[asked] = plan.truth(query: asked, snapshot: versions.snapshot, version: versions.version)
            }
            if let fault = Self.fault(result, truths[asked] ?? [], isExact: isExact || scratch.statistics.hops == 0) {
                figures.faults.append("\(fault) of query \(asked) at \(versions)")
            }
        }
        return figures
    }

    /// What is wrong with an answer.
    private static func fault(
        _ result: Result<[Neighbor], VectorIndexError>, _ truth: [Neighbor], isExact: Bool
    ) -> String? {
        switch result {
        case .failure(let error): return "it failed: \(error)"
        case .success(let found):
            guard !isExact else { return found == Array(truth.prefix(SwapPlan.k)) ? nil : "not the nearest" }
            guard found.count == SwapPlan.k else { return "\(found.count) answers" }
            // In the order of the truth, each with its score, whatever a walk has left out.
            var rest = truth[...]
            for neighbor in found {
                guard let place = rest.firstIndex(of: neighbor) else {
                    return "\(neighbor) is of another generation, has another score, or is out of order"
                }
                rest = rest[(place + 1)...]
            }
            return nil
        }
    }
}
