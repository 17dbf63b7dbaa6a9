/// New numbers for nodes, so that those that are visited one after another lie near each other in the file.
///
/// Breadth-first from node 0 over level 0's links, nearest first (Cuthill and McKee, 1969); nodes of a higher level stay
/// in front of those of a lower one, as the numbering of levels demands.
struct LocalityOrder {
    /// By new number, the old one.
    let oldNodes: [UInt32]
    /// By old number, the new one.
    let newNodes: [UInt32]

    /// - Parameter ranks: by old number, the place among all nodes when those of higher levels come first; the number
    ///   itself when nil.
    init(_ graph: LayerGraph, layerSizes: [Int], ranks: [UInt32]? = nil) {
        let nodes = graph.nodes
        var isMet = [Bool](repeating: false, count: nodes)
        var order: [UInt32] = [0]
        order.reserveCapacity(nodes)
        isMet[0] = true
        var next = 0
        while next < order.count {
            for link in graph.neighbors(of: Int(order[next])) where !isMet[Int(LayerGraph.node(link))] {
                isMet[Int(LayerGraph.node(link))] = true
                order.append(LayerGraph.node(link))
            }
            next += 1
        }
        for node in 0..<nodes where !isMet[node] { order.append(UInt32(node)) }
        // By level, each in this order: a stable distribution, highest level first.
        // The entries stay the first, and with them a random sample.
        let bands = Set(layerSizes + [min(EntryPoints.countMax, nodes), nodes]).sorted()
        var places = [Int](repeating: 0, count: bands.count)
        for band in bands.indices.dropFirst() { places[band] = bands[band - 1] }
        var oldNodes = [UInt32](repeating: 0, count: nodes)
        for node in order {
            let rank = ranks?[Int(node)] ?? node
            let band = bands.firstIndex { Int(rank) < $0 }!
            oldNodes[places[band]] = node
            places[band] += 1
        }
        var newNodes = [UInt32](repeating: 0, count: nodes)
        for (new, old) in oldNodes.enumerated() { newNodes[Int(old)] = UInt32(new) }
        self.oldNodes = oldNodes
        self.newNodes = newNodes
    }

    /// Every node keeps its number.
    init(keeping nodes: Int) {
        oldNodes = Array(0..<UInt32(nodes))
        newNodes = oldNodes
    }
}

extension RowStore {
    /// Moves every row to its new place, and gives every neighbour its new number.
    func renumber(_ order: LocalityOrder, workers: Workers) {
        workers.run(count: nodes, chunk: 1024) { _, range in
            for node in range {
                let slots = slots(node)
                for slot in 0..<layout.degree { slots[slot] = order.newNodes[Int(slots[slot])] }
            }
        }
        renumberNorms(order)
        // In place, along the permutation's cycles.
        let stride = layout.stride
        let held = AlignedBuffer<UInt8>(count: stride)
        var isDone = [Bool](repeating: false, count: nodes)
        for start in 0..<nodes where !isDone[start] {
            held.base.update(from: row(start), count: stride)
            var place = start
            while true {
                isDone[place] = true
                let from = Int(order.oldNodes[place])
                if from == start { break }
                row(place).update(from: row(from), count: stride)
                place = from
            }
            row(place).update(from: held.base, count: stride)
        }
    }
}

extension NodeOrder {
    /// The same nodes under their new numbers.
    mutating func renumber(_ order: LocalityOrder) {
        let old = self
        inputs = order.oldNodes.map { old.inputs[Int($0)] }
        if let starts = old.groupStarts {
            ids.removeAll(keepingCapacity: true)
            var newStarts: [UInt32] = [0]
            for node in order.oldNodes {
                ids += old.ids[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])]
                newStarts.append(UInt32(ids.count))
            }
            groupStarts = newStarts
        } else {
            ids = order.oldNodes.map { old.ids[Int($0)] }
        }
        sortIDs()
    }
}

extension LayerGraph {
    /// An upper level's slots under new numbers: node by node `degree` neighbours, a node's own number where there are
    /// fewer.
    func slots(_ order: LocalityOrder, degree: Int) -> AlignedBuffer<UInt32> {
        let slots = AlignedBuffer<UInt32>(count: nodes * degree)
        for old in 0..<nodes {
            let new = order.newNodes[old]
            let known = neighbors(of: old)
            for i in 0..<degree {
                slots[Int(new) * degree + i] =
                    i < known.count ? order.newNodes[Int(LayerGraph.node(known[i]))] : new
            }
        }
        return slots
    }
}
