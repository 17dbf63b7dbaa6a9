import Testing
import VectorIndex

/// Builds whose files' graphs are looked at through the format's document alone.
@Suite("The graph in the file")
struct GraphTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var metric = Metric.cosine
        var dimensions = 48
        var degree = 32
        var upperDegree = 16
        var count = 2_500
        /// Every vector is one of so few, plus some noise in one coordinate.
        var isCrowded = false

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "cosine, 2-bit codes"),
        Case(name: "squared L2, 1-bit codes, two blocks of slots", metric: .squaredL2, dimensions: 200, degree: 64),
        Case(name: "inner product of uneven lengths", metric: .innerProduct, dimensions: 64),
        Case(name: "near copies", metric: .squaredL2, dimensions: 8, isCrowded: true),
        Case(name: "levels above of few links", dimensions: 24, upperDegree: 4, count: 5_000),
        Case(name: "fewer nodes than slots", count: 20),
        Case(name: "two nodes", count: 2),
        Case(name: "one node", count: 1),
    ]

    private func file(_ kind: Case) throws -> TestFile {
        var source = ClusteredVectors(dimensions: kind.dimensions, clusters: 30, seed: 101)
        var vectors = source.next(kind.count)
        if kind.metric == .innerProduct { vectors = Lengths.uneven(vectors, seed: 102) }
        if kind.isCrowded {
            for i in vectors.indices {
                vectors[i] = vectors[i % 3]
                vectors[i][0] += Float(i) * 1e-4
            }
        }
        return try Fixture.file(
            vectors, metric: kind.metric,
            parameters: BuildParameters(degree: kind.degree, upperDegree: kind.upperDegree, exactScanMax: 0))
    }

    @Test("slots name nodes that are there, each once; only empty ones name their own", arguments: cases)
    func slots(kind: Case) throws {
        let file = try file(kind)
        var filled = 0
        for node in 0..<file.nodes {
            let slots = file.slots(node)
            let neighbors = slots.filter { $0 != node }
            #expect(slots.count == kind.degree && slots.allSatisfy { $0 < file.nodes }, "node \(node)")
            #expect(Set(neighbors).count == neighbors.count, "node \(node)")
            for (slot, id) in slots.enumerated() {
                let factors = file.factors(node, slot: slot)
                let fa = Float16(bitPattern: factors.fa)
                let fr = Float16(bitPattern: factors.fr)
                if id == node {
                    #expect(fa == -.infinity && factors.fr == 0, "node \(node), slot \(slot)")
                } else {
                    #expect(fa.isFinite && fr.isFinite && fr >= 0, "node \(node), slot \(slot)")
                }
            }
            filled += neighbors.count
        }
        // Free slots are filled: a row is scored as a whole anyway.
        let possible = min(kind.degree, file.nodes - 1)
        #expect(Double(filled) >= 0.99 * Double(possible * file.nodes), "\(filled) of \(possible * file.nodes)")
    }

    @Test("every node can be reached from every entry, through rows", arguments: cases)
    func reachable(kind: Case) throws {
        let file = try file(kind)
        let neighbors = (0..<file.nodes).map { file.slots($0) }
        for entry in 0..<min(16, file.nodes) {
            #expect(Self.reached(from: entry, neighbors) == file.nodes, "entry \(entry)")
        }
    }

    @Test("levels above shrink, hold valid neighbours, and can be reached as a whole from node 0", arguments: cases)
    func upper(kind: Case) throws {
        let file = try file(kind)
        guard let section = file.section("UPPR") else {
            #expect(file.layers == 0)
            // One node in 16 is on level 1, so that 2,500 without one would be a wonder.
            #expect(file.nodes < 100)
            return
        }
        var below = file.nodes
        var offset = section.offset + 64
        for level in 0..<file.layers {
            let size = file.number(section.offset + 4 * level, 4)
            #expect(size >= 2 && size < below)
            let neighbors = (0..<size).map { node in
                (0..<file.upperDegree).map { file.number(offset + 4 * (node * file.upperDegree + $0), 4) }
            }
            for (node, slots) in neighbors.enumerated() {
                let known = slots.filter { $0 != node }
                #expect(slots.allSatisfy { $0 < size } && Set(known).count == known.count && !known.isEmpty)
            }
            #expect(Self.reached(from: 0, neighbors) == size, "level \(level + 1)")
            offset += 4 * size * file.upperDegree
            below = size
        }
        #expect(offset == section.offset + section.length)
    }

    @Test("nodes that are linked stand near each other in the file")
    func locality() throws {
        var source = ClusteredVectors(dimensions: 24, clusters: 30, seed: 104)
        let file = try Fixture.file(source.next(3_000), metric: .cosine)
        // Level by level, as the numbering is.
        let directory = try #require(file.section("UPPR")).offset
        let first = file.number(directory, 4)
        var distances: [Int] = []
        for node in first..<file.nodes {
            distances += file.slots(node).filter { $0 >= first && $0 != node }.map { abs($0 - node) }
        }
        // At random it would be a third of all; what is in one cluster is a thirtieth apart, but clusters are linked, too.
        let mean = Double(distances.reduce(0, +)) / Double(distances.count)
        #expect(mean < 0.28 * Double(file.nodes - first), "\(mean)")
    }

    @Test("ids stand with their nodes: every vector is the one that was added", arguments: [Metric.cosine, .squaredL2])
    func ids(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 12, seed: 103)
        let different = source.next(500)
        let vectors = different + different.prefix(60) + different.prefix(20)
        let file = try Fixture.file(vectors, metric: metric)
        #expect(file.count == 580 && file.nodes == 500)
        let ids = try #require(file.section("IDS "))
        let order = try #require(file.section("IDOR"))
        let groups = try #require(file.section("GRPS"))
        var seen: Set<Int> = []
        for node in 0..<file.nodes {
            let start = file.number(groups.offset + 4 * node, 4)
            let end = file.number(groups.offset + 4 * node + 4, 4)
            let members = (start..<end).map { file.number(ids.offset + 8 * $0, 8) }
            #expect(!members.isEmpty && members == members.sorted())
            seen.formUnion(members)
            for id in members {
                let score = Fixture.score(file.vector(node), vectors[id / 3], .cosine)
                #expect(abs(score - 1) < 1e-6, "node \(node), id \(id)")
            }
        }
        #expect(seen == Set((0..<580).map { 3 * $0 }))
        let sorted = (0..<file.count).map { i in
            file.number(ids.offset + 8 * file.number(order.offset + 4 * i, 4), 8)
        }
        #expect(sorted == (0..<580).map { 3 * $0 })
    }

    private static func reached(from entry: Int, _ neighbors: [[Int]]) -> Int {
        var isMet = [Bool](repeating: false, count: neighbors.count)
        isMet[entry] = true
        var open = [entry]
        var count = 0
        while let node = open.popLast() {
            count += 1
            for neighbor in neighbors[node] where !isMet[neighbor] {
                isMet[neighbor] = true
                open.append(neighbor)
            }
        }
        return count
    }
}
