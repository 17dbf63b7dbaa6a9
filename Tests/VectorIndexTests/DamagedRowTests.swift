import Foundation
import Testing
import VectorIndex

@Suite("Searching rows that are damaged, in a file that was opened without looking at them")
struct DamagedRowTests {
    /// What stands in a row's ids and factors when it is bad: numbers just outside, far outside, and no numbers at all.
    private static func badID(_ file: TestFile, _ random: inout SplitMix64) -> Int {
        [file.nodes, file.nodes + 1, 1 << 31 - 1, 1 << 31, Int(UInt32.max), random.next(below: 1 << 32)][
            random.next(below: 6)]
    }

    private static let badHalves = [0x7E00, 0xFE00, 0x7C00, 0xFC00, 0x7BFF, 0xFBFF, 0x8000, 0x0001, 0x7C01]

    @Test("answers are vectors that are there with their true scores, thousands of times", arguments: Metric.allCases)
    func rows(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 24, clusters: 6, seed: 161)
        let vectors = source.next(420)
        let sound = try Fixture.file(vectors, metric: metric)
        let queries = source.next(20)
        let path = try Fixture.path()
        var random = SplitMix64(seed: 162)
        let scratch = SearchScratch()
        for round in 0..<700 {
            var file = sound
            // From a few bad values to a file full of them.
            for _ in 0..<(1 << random.next(below: 13)) {
                let row = file.row(random.next(below: file.nodes))
                let slot = random.next(below: file.degree)
                switch random.next(below: 6) {
                case 0, 1: file.set(row + file.neighborsOffset + 4 * slot, 4, Self.badID(file, &random))
                case 2, 3:
                    let value = Self.badHalves[random.next(below: Self.badHalves.count)]
                    file.set(row + file.factorsOffset + 2 * random.next(below: 2 * file.degree), 2, value)
                default: file.bytes[row + random.next(below: file.rowStride)] = UInt8(random.next(below: 256))
                }
            }
            try Fixture.write(file.bytes, to: path)
            let snapshot = try Snapshot(path: path, verification: .fast)
            let query = queries[round % queries.count]
            let truth = Set(try snapshot.exactSearch(query, k: 420))
            let efforts: [SearchEffort] = [
                .targetRecall(0.98), .efSearch(1), .efSearch(100), .efSearch(420), .slack(0),
                .slack(.greatestFiniteMagnitude),
            ]
            for effort in efforts {
                for k in [1, 10, 52] {
                    let found = try snapshot.search(query, k: k, effort: effort, scratch: scratch)
                    #expect(found.count == k && Set(found).isSubset(of: truth), "round \(round)")
                    #expect(scratch.statistics.hops <= 420)
                }
                let near = try snapshot.search(query, scoringAtLeast: -2, effort: effort, scratch: scratch)
                #expect(Set(near).count == near.count && Set(near).isSubset(of: truth), "round \(round)")
            }
            _ = try snapshot.selfTest()
        }
    }

    @Test("every byte of every section may be anything", arguments: Metric.allCases)
    func anywhere(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 24, clusters: 6, seed: 163)
        let vectors = source.next(420)
        let sound = try Fixture.file(vectors + vectors.prefix(30), metric: metric)
        let queries = source.next(20)
        let path = try Fixture.path()
        var random = SplitMix64(seed: 164)
        for round in 0..<500 {
            var file = sound
            let section = file.sections[round % file.sections.count]
            for _ in 0..<(1 << random.next(below: 12)) {
                let offset = section.offset + random.next(below: section.length)
                file.bytes[offset] = [0, 0xFF, 0x7F, UInt8(random.next(below: 256))][random.next(below: 4)]
            }
            try Fixture.write(file.bytes, to: path)
            // A directory of levels that makes no sense is found at once.
            guard let snapshot = try? Snapshot(path: path, verification: .fast) else {
                #expect(section.tag == "UPPR")
                continue
            }
            let query = queries[round % queries.count]
            for effort in [SearchEffort.targetRecall(0.98), .efSearch(100), .slack(.greatestFiniteMagnitude)] {
                #expect(try snapshot.search(query, k: 10, effort: effort).count <= 10)
                #expect(try snapshot.search(query, scoringAtLeast: -2, effort: effort).count <= 450)
            }
            #expect(try snapshot.exactSearch([query, query, query, query], k: 20).allSatisfy { $0.count <= 20 })
            for id in try snapshot.ids.prefix(3) { _ = try snapshot.vector(id: id) }
            _ = try? snapshot.selfTest()
        }
    }
}
