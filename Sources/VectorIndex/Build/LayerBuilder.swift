/// Builds one level's graph: the same graph at any number of threads.
///
/// Nodes come in batches. A batch is searched for against the graph as it was before the batch, in parallel; then its
/// links are set, and the links back are gathered, sorted by (target, source) and merged target by target, in parallel
/// again (after Subramanya et al., "DiskANN", 2019, and ParlayANN, 2024). A second pass over all nodes repairs what the
/// early, coarse batches chose.
struct LayerBuilder {
    let space: CodeSpace
    let graph: LayerGraph
    /// The finished levels above, highest first.
    let upper: [LayerGraph]
    let workers: Workers
    private let scratches: [BuildScratch]

    init(space: CodeSpace, nodes: Int, degree: Int, upper: [LayerGraph], efConstruction: Int, workers: Workers) {
        self.space = space
        graph = LayerGraph(nodes: nodes, degree: degree)
        self.upper = upper
        self.workers = workers
        let width = max(efConstruction, degree)
        // Upper levels are walked with the same buffers, so that they must hold the widest level's neighbours.
        let widest = max(degree, upper.map(\.degree).max() ?? 0)
        scratches = (0..<workers.threads).map { _ in
            BuildScratch(nodes: nodes, degree: widest, beamWidth: width, codeBytes: space.encoding.codeBytes)
        }
    }

    /// Links all nodes; `progress` gets the number of nodes done of twice as many as there are.
    func build(progress: (Int, Int) -> Void) -> LayerGraph {
        let nodes = graph.nodes
        let batchMax = max(nodes / 50, 32)
        for pass in 0..<2 {
            var start = pass == 0 ? 1 : 0
            while start < nodes {
                let size = pass == 0 ? min(max(start / 2, 1), batchMax) : batchMax
                let batch = start..<min(start + size, nodes)
                link(batch, inserted: pass == 0 ? start : nodes)
                start = batch.upperBound
                progress(pass * nodes + start, 2 * nodes)
            }
        }
        repair()
        return graph
    }

    /// Makes every node reachable from node 0: each that is not gets a link from a near node that is and has a free
    /// slot.
    private func repair() {
        let scratch = scratches[0]
        for _ in 0..<8 {
            let unreachable = graph.unreachable()
            if unreachable.isEmpty { return }
            var isLost = [Bool](repeating: false, count: graph.nodes)
            for node in unreachable { isLost[node] = true }
            for node in unreachable where isLost[node] {
                space.load(node, into: &scratch.query)
                let beam = scratch.searchBeam(space, graph, entry: 0)
                let near = (0..<beam.count).map { Int(BestList.node(beam[$0])) }
                let all = near + (0..<graph.nodes).filter { !isLost[$0] }
                // With every slot taken the nearest node gives up its last; the next round sees whom that lost.
                let giver = all.first { graph.neighbors(of: $0).count < graph.degree } ?? near[0]
                graph.link(giver, to: node)
                graph.visitReachable(from: node, isNew: &isLost)
            }
        }
    }

    private func link(_ batch: Range<Int>, inserted: Int) {
        let degree = graph.degree
        let pending = AlignedBuffer<UInt32>(count: batch.count * degree)
        let pendingCounts = AlignedBuffer<UInt32>(count: batch.count)
        workers.run(count: batch.count, chunk: 16) { worker, range in
            for i in range {
                let scratch = scratches[worker]
                let count = findNeighbors(of: batch.lowerBound + i, inserted: inserted, scratch)
                (pending.base + i * degree).update(from: scratch.chosen.base, count: count)
                pendingCounts[i] = UInt32(count)
            }
        }
        var back: [UInt64] = []
        back.reserveCapacity(batch.count * degree)
        for i in 0..<batch.count {
            let node = batch.lowerBound + i
            let count = Int(pendingCounts[i])
            graph.setNeighbors(of: node, to: pending.base + i * degree, count: count)
            for slot in 0..<count { back.append(UInt64(pending[i * degree + slot]) << 32 | UInt64(node)) }
        }
        mergeBack(&back)
    }

    /// The nodes that `node` should link to, into the scratch's `chosen`.
    private func findNeighbors(of node: Int, inserted: Int, _ scratch: BuildScratch) -> Int {
        space.load(node, into: &scratch.query)
        var entry = 0
        // A level whose nodes are not all on this one yet could lead to one that is not.
        for level in upper where level.nodes <= inserted { entry = scratch.descend(space, level, entry: entry) }
        let beam = scratch.searchBeam(space, graph, entry: entry)
        var count = 0
        for i in 0..<beam.count where BestList.node(beam[i]) != UInt32(node) {
            scratch.candidates[count] = beam[i] & ~1
            count += 1
        }
        // In the second pass a node is met with the neighbours that it has.
        var unseen = 0
        for neighbor in graph.neighbors(of: node) where scratch.visited.insert(neighbor) {
            scratch.ids[unseen] = neighbor
            unseen += 1
        }
        if unseen > 0 {
            space.distances(from: scratch.query, to: scratch.ids.base, count: unseen, into: scratch.distances.base)
            for i in 0..<unseen {
                scratch.candidates[count] = BestList.key(BestList.ordered(scratch.distances[i]), scratch.ids[i])
                count += 1
            }
            scratch.sortCandidates(count: count)
        }
        return scratch.choose(space, count: count, limit: graph.degree)
    }

    /// Adds links back to the batch, choosing anew where a target has more than its slots.
    private func mergeBack(_ back: inout [UInt64]) {
        back.sort()
        var starts: [Int] = []
        for i in back.indices where i == 0 || back[i] >> 32 != back[i - 1] >> 32 { starts.append(i) }
        back.withUnsafeBufferPointer { back in
            workers.run(count: starts.count, chunk: 64) { worker, range in
                for i in range {
                    let end = i + 1 < starts.count ? starts[i + 1] : back.count
                    merge(UnsafeBufferPointer(rebasing: back[starts[i]..<end]), scratches[worker])
                }
            }
        }
    }

    private func merge(_ links: UnsafeBufferPointer<UInt64>, _ scratch: BuildScratch) {
        let target = Int(links[0] >> 32)
        let known = graph.neighbors(of: target)
        var count = 0
        for neighbor in known {
            scratch.ids[count] = neighbor
            count += 1
        }
        for link in links where count < scratch.candidatesMax {
            let source = UInt32(truncatingIfNeeded: link)
            if known.contains(source) { continue }
            scratch.ids[count] = source
            count += 1
        }
        guard count > known.count else { return }
        if count <= graph.degree { return graph.setNeighbors(of: target, to: scratch.ids.base, count: count) }
        space.load(target, into: &scratch.query)
        space.distances(from: scratch.query, to: scratch.ids.base, count: count, into: scratch.distances.base)
        for i in 0..<count {
            scratch.candidates[i] = BestList.key(BestList.ordered(scratch.distances[i]), scratch.ids[i])
        }
        scratch.sortCandidates(count: count)
        let chosen = scratch.choose(space, count: count, limit: graph.degree)
        graph.setNeighbors(of: target, to: scratch.chosen.base, count: chosen)
    }
}
