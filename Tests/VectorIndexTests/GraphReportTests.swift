import Testing
import VectorIndex

@Suite("What following every link shows")
struct GraphReportTests {
    private static let file = Result {
        var source = ClusteredVectors(dimensions: 16, seed: 181)
        return try Fixture.file(source.next(600), metric: .cosine)
    }

    private func report(_ file: TestFile) throws -> GraphReport? {
        let path = try Fixture.path()
        try Fixture.write(file.bytes, to: path)
        return try Snapshot(path: path).graphReport()
    }

    @Test("a built graph reaches every node, and its neighbours are counted")
    func sound() throws {
        let file = try Self.file.get()
        let report = try #require(try report(file))
        #expect(report.unreachable == 0 && report.firstUnreachable == nil)
        var expected = [Int](repeating: 0, count: file.degree + 1)
        for node in 0..<file.nodes { expected[file.slots(node).count { $0 != node }] += 1 }
        #expect(report.nodesByNeighbors == expected)
        let links = (0..<file.nodes).reduce(0) { sum, node in sum + file.slots(node).count { $0 != node } }
        #expect(abs(report.meanNeighbors - Double(links) / 600) < 1e-9)
    }

    @Test("a node that nobody links to is found", arguments: [599, 300])
    func orphan(node: Int) throws {
        var file = try Self.file.get()
        for other in 0..<file.nodes {
            for (slot, neighbor) in file.slots(other).enumerated() where neighbor == node {
                file.set(file.row(other) + file.neighborsOffset + 4 * slot, 4, other)
            }
        }
        file.seal()
        let report = try #require(try report(file))
        #expect(report.unreachable == 1 && report.firstUnreachable == node)
    }

    @Test("an entry that leads nowhere is found")
    func strayedEntry() throws {
        var file = try Self.file.get()
        for slot in 0..<file.degree { file.set(file.row(5) + file.neighborsOffset + 4 * slot, 4, 5) }
        file.seal()
        let report = try #require(try report(file))
        #expect(report.unreachable == 599 && report.firstUnreachable == 0)
        #expect(report.nodesByNeighbors[0] == 1)
    }

    @Test("a scanned index has no graph to follow")
    func scanned() throws {
        var source = ClusteredVectors(dimensions: 16, seed: 182)
        let path = try Fixture.path()
        var builder = SnapshotBuilder(dimensions: 16, metric: .cosine)
        for (i, vector) in source.next(50).enumerated() { try builder.add(id: UInt64(i), vector: vector) }
        try builder.write(to: path)
        #expect(try Snapshot(path: path).graphReport() == nil)
    }
}
