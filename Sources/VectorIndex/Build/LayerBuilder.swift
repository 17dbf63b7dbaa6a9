/// Builds one level's graph: the same graph at any number of threads.
///
/// Nodes come in batches. A batch is searched for against the graph as it was before the batch, in parallel; then its
/// links are set, and the links back are gathered by target, in the order of their sources, and offered target by
/// target, in parallel again (after Subramanya et al., "DiskANN", 2019, and ParlayANN, 2024). A second pass over all
/// nodes repairs what the early, coarse batches chose. The searches are those of a finished index: the packed rows are
/// kept up to date as links change.
struct LayerBuilder {
    let store: RowStore
    let graph: LayerGraph
    let efConstruction: Int
    let workers: Workers
    let scratches: [BuildScratch]
    /// Per node, the nearest that its last search met: what free slots are filled from.
    private let spares: AlignedBuffer<UInt32>
    static let sparesPerNode = 96
    /// Per node, whether its row's free slots were filled since its neighbours last changed.
    private let isFilled: AlignedBuffer<Bool>
    /// Of the first nodes, the nearest one is where a search starts.
    private static let entriesMax = 16

    /// - Parameter degree: links a node, at most the rows' slots; all of them when nil.
    init(store: RowStore, degree: Int? = nil, efConstruction: Int, workers: Workers) {
        self.store = store
        self.efConstruction = efConstruction
        self.workers = workers
        graph = LayerGraph(nodes: store.nodes, degree: min(degree ?? .max, store.layout.degree))
        scratches = (0..<workers.threads).map { _ in BuildScratch(store: store, width: efConstruction) }
        spares = AlignedBuffer(count: store.nodes * Self.sparesPerNode)
        isFilled = AlignedBuffer(count: store.nodes)
    }

    /// Links the nodes from `range`, `passes` times; `progress` gets the number of links made of all.
    ///
    /// - Parameter batches: how many the first pass makes of as many nodes as there will be, at least.
    /// - Precondition: the nodes below the range are linked.
    func link(_ range: Range<Int>, passes: Int, batches: Int = 50, progress: (Int, Int) -> Void) {
        let total = passes * range.count
        for pass in 0..<passes {
            // Node 0 is there before all others.
            var start = pass == 0 ? max(range.lowerBound, 1) : range.lowerBound
            while start < range.upperBound {
                // Later passes meet a whole graph, so that their batches may be large: fewer merges.
                let batchMax = pass == 0 ? max(range.upperBound / batches, 32) : max(range.upperBound / 8, 32)
                let size = pass == 0 ? min(max(start / 2, 1), batchMax) : batchMax
                let batch = start..<min(start + size, range.upperBound)
                link(batch, inserted: pass == 0 ? start : range.upperBound)
                start = batch.upperBound
                progress(pass * range.count + start - range.lowerBound, total)
            }
        }
    }

    private func link(_ batch: Range<Int>, inserted: Int) {
        let degree = graph.degree
        let pending = AlignedBuffer<UInt64>(count: batch.count * degree)
        let pendingCounts = AlignedBuffer<UInt32>(count: batch.count)
        workers.run(count: batch.count, chunk: 16) { worker, range in
            for i in range {
                let scratch = scratches[worker]
                let count = findNeighbors(of: batch.lowerBound + i, inserted: inserted, scratch)
                (pending.base + i * degree).update(from: scratch.chosen.base, count: count)
                pendingCounts[i] = UInt32(count)
            }
        }
        workers.run(count: batch.count, chunk: 64) { worker, range in
            for i in range {
                let list = UnsafeBufferPointer(start: pending.base + i * degree, count: Int(pendingCounts[i]))
                setNeighbors(of: batch.lowerBound + i, to: list, scratches[worker])
            }
        }
        offerBack(batch, pending, pendingCounts)
    }

    private func setNeighbors(of node: Int, to list: UnsafeBufferPointer<UInt64>, _ scratch: BuildScratch) {
        graph.setNeighbors(of: node, to: list)
        isFilled[node] = false
        setSlots(of: node, to: list, scratch)
    }

    private func setSlots(of node: Int, to list: UnsafeBufferPointer<UInt64>, _ scratch: BuildScratch) {
        for i in list.indices { scratch.ids[i] = LayerGraph.node(list[i]) }
        store.setSlots(
            node, to: UnsafeBufferPointer(start: scratch.ids.base, count: list.count), bits: scratch.bits.base)
    }

    /// The nodes that `node` should link to, into the scratch's `chosen`.
    private func findNeighbors(of node: Int, inserted: Int, _ scratch: BuildScratch) -> Int {
        store.load(node, into: &scratch.query)
        let found = search(node, inserted: inserted, scratch)
        var count = found
        for link in graph.neighbors(of: node) {
            scratch.ids[count] = LayerGraph.node(link)
            count += 1
        }
        count = scratch.weigh(store, count: count)
        keepSpares(of: node, scratch, count: count)
        return scratch.choose(store, count: count, limit: graph.degree)
    }

    /// - Parameter count: candidates, sorted.
    private func keepSpares(of node: Int, _ scratch: BuildScratch, count: Int) {
        let kept = spares.base + node * Self.sparesPerNode
        for i in 0..<Self.sparesPerNode {
            kept[i] = i < count ? LayerGraph.node(scratch.candidates[i]) : UInt32(node)
        }
    }

    /// Walks to a node's surroundings and leaves the nodes met in the scratch's `ids`, without the node itself.
    private func search(_ node: Int, inserted: Int, entries: Int = entriesMax, _ scratch: BuildScratch) -> Int {
        let entries = min(inserted, entries)
        for i in 0..<entries { scratch.ids[i] = UInt32(i) }
        store.distances(from: scratch.query, to: scratch.ids.base, count: entries, into: scratch.distances.base)
        var entry = 0
        for i in 1..<max(entries, 1) where scratch.distances[i] < scratch.distances[entry] { entry = i }
        scratch.code.load(row: store.row(node), unit: store.encoding.unit)
        let rule = WalkRule(nearest: efConstruction, slack: 0, cap: WalkRule.hotMax)
        scratch.walk.keys[0] = NodeKey.make(0, UInt32(entry))
        let walk = store.walk.run(scratch.code, starts: 1, rule: rule, scratch.walk)
        var count = 0
        func take(_ key: Int64) {
            guard key != NodeKey.none, NodeKey.node(key) != UInt32(node) else { return }
            scratch.ids[count] = NodeKey.node(key)
            count += 1
        }
        for i in 0..<walk.recorded { take(scratch.walk.recorded[i]) }
        // Those that the walk would have expanded next.
        for i in 0..<WalkRule.hotMax { take(scratch.walk.hot[i]) }
        return count
    }

    /// Offers the batch to the nodes that it linked to.
    private func offerBack(_ batch: Range<Int>, _ pending: AlignedBuffer<UInt64>, _ counts: AlignedBuffer<UInt32>) {
        // Gathered by target, sources ascending: a counting sort.
        let degree = graph.degree
        var starts = [Int32](repeating: 0, count: graph.nodes + 1)
        for i in 0..<batch.count {
            for slot in 0..<Int(counts[i]) { starts[Int(LayerGraph.node(pending[i * degree + slot])) + 1] += 1 }
        }
        var targets: [Int32] = []
        for node in 0..<graph.nodes {
            if starts[node + 1] > 0 { targets.append(Int32(node)) }
            starts[node + 1] += starts[node]
        }
        let links = AlignedBuffer<UInt64>(count: Int(starts[graph.nodes]))
        var ends = starts
        for i in 0..<batch.count {
            for slot in 0..<Int(counts[i]) {
                let link = pending[i * degree + slot]
                let target = Int(LayerGraph.node(link))
                links[Int(ends[target])] = LayerGraph.link(LayerGraph.distance(link), UInt32(batch.lowerBound + i))
                ends[target] += 1
            }
        }
        starts.withUnsafeBufferPointer { starts in
            targets.withUnsafeBufferPointer { targets in
                workers.run(count: targets.count, chunk: 64) { worker, range in
                    for i in range {
                        let target = Int(targets[i])
                        let from = Int(starts[target])
                        let offers = UnsafeBufferPointer(
                            start: links.base + from, count: Int(starts[target + 1]) - from)
                        offer(offers, to: target, scratches[worker])
                    }
                }
            }
        }
    }

    private func offer(_ links: UnsafeBufferPointer<UInt64>, to target: Int, _ scratch: BuildScratch) {
        let known = graph.neighbors(of: target)
        var count = known.count
        if count > 0 { scratch.chosen.base.update(from: known.baseAddress!, count: count) }
        var isChanged = false
        for link in links {
            var isKnown = false
            for i in 0..<count where scratch.chosen[i] == link { isKnown = true }
            if isKnown { continue }
            let before = count
            count = scratch.offer(store, link, count: count, limit: graph.degree)
            if count != before { isChanged = true } else { isChanged = isChanged || contains(scratch, link, count) }
        }
        guard isChanged else { return }
        setNeighbors(of: target, to: UnsafeBufferPointer(start: scratch.chosen.base, count: count), scratch)
    }

    private func contains(_ scratch: BuildScratch, _ link: UInt64, _ count: Int) -> Bool {
        for i in 0..<count where scratch.chosen[i] == link { return true }
        return false
    }

    /// Takes a node of a snapshot over, whose row holds those of its neighbours that stay.
    ///
    /// What it would choose of its slots' nodes is what it had chosen. Where neighbours go, their neighbours stand in for
    /// them (Singh et al., "FreshDiskANN", 2021, algorithm 4).
    /// - Parameters:
    ///   - stay: the neighbours that stay.
    ///   - heirs: the neighbours of those that go; none when all stay.
    func adopt(_ node: Int, stay: Int, heirs: Int, _ scratch: BuildScratch) {
        store.load(node, into: &scratch.query)
        let count = scratch.weigh(store, count: stay + heirs)
        keepSpares(of: node, scratch, count: count)
        let chosen = scratch.choose(store, count: count, limit: graph.degree)
        let list = UnsafeBufferPointer(start: scratch.chosen.base, count: chosen)
        guard heirs > 0 else {
            graph.setNeighbors(of: node, to: list)
            isFilled[node] = true
            return
        }
        setNeighbors(of: node, to: list, scratch)
    }

    /// Fills the slots that the choice left free, of all rows below `nodes` whose neighbours changed: in the rows only,
    /// so that the choice stays what it was.
    ///
    /// - Parameter sparesUsed: candidates for each row, the nearest.
    func fillSlots(nodes: Int, spares sparesUsed: Int = sparesPerNode) {
        let occlusions = scratches.map { AlignedBuffer<Float>(count: $0.candidatesMax) }
        workers.run(count: nodes, chunk: 64) { worker, range in
            let scratch = scratches[worker]
            for node in range where !isFilled[node] {
                isFilled[node] = true
                let known = graph.neighbors(of: node)
                guard known.count < graph.degree else { continue }
                store.load(node, into: &scratch.query)
                var count = 0
                for i in 0..<sparesUsed {
                    let spare = spares[node * Self.sparesPerNode + i]
                    guard spare != UInt32(node) else { continue }
                    scratch.ids[count] = spare
                    count += 1
                }
                count = scratch.weigh(store, count: count)
                let chosenCount = known.count
                if chosenCount > 0 { scratch.chosen.base.update(from: known.baseAddress!, count: chosenCount) }
                let filled = scratch.fill(
                    store, count: count, chosenCount: chosenCount, limit: graph.degree,
                    occlusion: occlusions[worker].base)
                setSlots(of: node, to: UnsafeBufferPointer(start: scratch.chosen.base, count: filled), scratch)
            }
        }
    }

    /// Makes every node reachable from each entry: through node 0, which all entries reach and which reaches all.
    ///
    /// A node that cannot be reached gets a link from a near node that can and has a free slot. - Returns: whether it
    /// worked; it does where nodes have slots enough.
    func repair() -> Bool {
        let scratch = scratches[0]
        for _ in 0..<64 {
            let unreachable = graph.unreachable()
            let strayed = strayedEntries()
            if unreachable.isEmpty, strayed.isEmpty { return true }
            for entry in strayed {
                store.load(entry, into: &scratch.query)
                scratch.ids[0] = 0
                link(entry, to: scratch.weigh(store, count: 1) > 0 ? scratch.candidates[0] : 0, scratch)
            }
            var isLost = [Bool](repeating: false, count: graph.nodes)
            for node in unreachable { isLost[node] = true }
            for node in unreachable where isLost[node] {
                guard let giver = giver(to: node, isLost, scratch) else { continue }
                let link = LayerGraph.link(LayerGraph.distance(giver), UInt32(node))
                self.link(Int(LayerGraph.node(giver)), to: link, scratch)
                graph.visitReachable(from: node, isNew: &isLost)
            }
        }
        return false
    }

    /// The nearest reachable node that was met, with its distance; one with a free slot if there is any.
    private func giver(to node: Int, _ isLost: [Bool], _ scratch: BuildScratch) -> UInt64? {
        store.load(node, into: &scratch.query)
        // From node 0 where the nearest entry leads to lost nodes only.
        for entries in [Self.entriesMax, 1] {
            let found = search(node, inserted: graph.nodes, entries: entries, scratch)
            let near = (0..<scratch.weigh(store, count: found)).map { scratch.candidates[$0] }
                .filter { !isLost[Int(LayerGraph.node($0))] }
            if let free = near.first(where: { hasFreeSlot(Int(LayerGraph.node($0))) }) { return free }
            if let any = (0..<graph.nodes).first(where: { !isLost[$0] && hasFreeSlot($0) }) {
                scratch.ids[0] = UInt32(any)
                _ = scratch.weigh(store, count: 1)
                return scratch.candidates[0]
            }
            // With every slot taken the nearest node gives up its last; the next round sees whom that lost.
            if let nearest = near.first { return nearest }
        }
        return nil
    }

    private func hasFreeSlot(_ node: Int) -> Bool { graph.neighbors(of: node).count < graph.degree }

    /// Adds a link, in place of the last where there is no free slot.
    private func link(_ node: Int, to link: UInt64, _ scratch: BuildScratch) {
        var list = Array(graph.neighbors(of: node).prefix(graph.degree - 1))
        list.append(link)
        list.withUnsafeBufferPointer { setNeighbors(of: node, to: $0, scratch) }
    }

    /// The entries from which node 0 cannot be reached.
    private func strayedEntries() -> [Int] {
        var leadsHome = [Bool](repeating: false, count: graph.nodes)
        leadsHome[0] = true
        var strayed: [Int] = []
        for entry in 1..<max(min(Self.entriesMax, graph.nodes), 1) {
            if graph.reaches(from: entry, leadsHome) { leadsHome[entry] = true } else { strayed.append(entry) }
        }
        return strayed
    }
}
