import Testing
import VectorIndex

@Suite("Rows are what docs/INDEX_FORMAT.md says")
struct RowTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var metric: Metric
        var dimensions: Int
        var degree = 32
        var codeKind: Int
        var codeBytes: Int

        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "cosine, 1 bit, three halves of a power of two", metric: .cosine, dimensions: 380, codeKind: 2,
            codeBytes: 384),
        Case(name: "cosine, 2 bits, a power of two", metric: .cosine, dimensions: 128, codeKind: 3, codeBytes: 128),
        Case(
            name: "squared L2, 1 bit, two blocks", metric: .squaredL2, dimensions: 256, degree: 64, codeKind: 2,
            codeBytes: 256),
        Case(name: "squared L2, 2 bits", metric: .squaredL2, dimensions: 20, codeKind: 3, codeBytes: 64),
        Case(
            name: "inner product, 1 bit, lifted over a cache line", metric: .innerProduct, dimensions: 256, codeKind: 2,
            codeBytes: 320),
        Case(
            name: "inner product, 2 bits, lifted over a cache line", metric: .innerProduct, dimensions: 128,
            codeKind: 3,
            codeBytes: 192),
    ]

    private func file(_ kind: Case) throws -> TestFile {
        var source = ClusteredVectors(dimensions: kind.dimensions, clusters: 8, directions: 6, seed: 111)
        let vectors = source.next(300)
        return try Fixture.file(
            kind.metric == .innerProduct ? Lengths.uneven(vectors, seed: 112) : vectors, metric: kind.metric,
            parameters: BuildParameters(degree: kind.degree, exactScanMax: 0, seed: 113))
    }

    @Test("the header's numbers and the section's length fit the table", arguments: cases)
    func sizes(kind: Case) throws {
        let file = try file(kind)
        #expect(file.codeKind == kind.codeKind && file.codeBytes == kind.codeBytes && file.degree == kind.degree)
        #expect((file.commonLength > 0) == (kind.metric == .innerProduct))
        #expect(file.section("ROWS")?.length == file.nodes * file.rowStride)
        let padding = file.normOffset + (kind.metric == .squaredL2 ? 4 : 0)
        for node in 0..<file.nodes {
            #expect(file.bytes[file.row(node) + padding..<file.row(node) + file.rowStride].allSatisfy { $0 == 0 })
        }
    }

    @Test("own codes are the rotated vectors, rounded", arguments: cases)
    func ownCodes(kind: Case) throws {
        let file = try file(kind)
        let plain = PlainRow(file: file)
        var moved = 0
        for node in stride(from: 0, to: file.nodes, by: 7) {
            let code = file.code(node)
            for (value, real) in zip(code, plain.rotated(node)) {
                // The engine rotates in single precision, so that a half may be rounded the other way.
                let clamped = min(max(real, -127), 127)
                #expect(abs(Double(value) - clamped) <= 0.501, "node \(node): \(value) for \(real)")
                if Double(value) != clamped.rounded(.toNearestOrEven) { moved += 1 }
            }
        }
        #expect(moved <= file.nodes / 7 * file.codeBytes / 1_000)
    }

    @Test("neighbours' codes and factors are the formulas' to the bit", arguments: cases)
    func neighborCodes(kind: Case) throws {
        let file = try file(kind)
        let plain = PlainRow(file: file)
        for node in stride(from: 0, to: file.nodes, by: 3) {
            let own = file.code(node)
            if kind.metric == .squaredL2 {
                #expect(file.number(file.row(node) + file.normOffset, 4) == own.reduce(0) { $0 + $1 * $1 })
            }
            for (slot, neighbor) in file.slots(node).enumerated() where neighbor != node {
                let difference = zip(file.code(neighbor), own).map { $0 - $1 }
                #expect(plain.unpacked(node, slot: slot) == plain.coded(difference), "node \(node), slot \(slot)")
                let factors = file.factors(node, slot: slot)
                let expected = plain.factors(node, neighbor)
                #expect(factors.fa == expected.fa.bitPattern, "node \(node), slot \(slot)")
                #expect(factors.fr == expected.fr.bitPattern, "node \(node), slot \(slot)")
            }
        }
    }
}
