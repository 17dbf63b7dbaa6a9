import Testing
import VectorIndex

/// CALB and SELF: sections that a file may lack, and that no search may trust.
@Suite("What the builder measured")
struct MeasureTests {
    static let sound: TestFile = {
        do {
            var source = ClusteredVectors(dimensions: 30, seed: 151)
            return try Fixture.file(source.next(1_000))
        } catch {
            preconditionFailure("the sound file cannot be built: \(error)")
        }
    }()

    private func open(_ file: TestFile) throws -> Snapshot {
        let path = try Fixture.path()
        try Fixture.write(file.bytes, to: path)
        return try Snapshot(path: path)
    }

    private let query = [Float](repeating: 0.5, count: 30)

    @Test("the curves stand by k and slack, rise, and cost more as they do")
    func curves() throws {
        let info = try open(Self.sound).info
        let section = try #require(Self.sound.section("CALB"))
        #expect(info.calibration.count == section.length / 16)
        for (i, point) in info.calibration.enumerated() {
            let at = section.offset + 16 * i
            #expect(point.k == Self.sound.number(at, 4) && point.slack == Self.sound.float(at + 4))
            #expect(point.recall == Self.sound.float(at + 8) && point.hops == Self.sound.float(at + 12))
        }
        for k in Set(info.calibration.map(\.k)) {
            let curve = info.calibration.filter { $0.k == k }
            #expect(try #require(curve.first).slack <= 0)
            for (point, next) in zip(curve, curve.dropFirst()) {
                #expect(next.slack > point.slack && next.hops >= point.hops)
                #expect(next.recall >= point.recall - 0.02)
            }
            #expect(try #require(curve.last).recall >= 0.99)
        }
    }

    @Test("a self-test finds what the builder found, exactly", arguments: Metric.allCases)
    func selfTest(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 140, seed: 152)
        let snapshot = try Fixture.snapshot(Lengths.uneven(source.next(1_500), seed: 153), metric: metric)
        let result = try #require(try snapshot.selfTest())
        #expect(result.queries == 23 && result.k == 10)
        #expect(Float(result.recall) == Float(result.recallWhenBuilt))
        #expect(result.recall >= 0.9 && result.recall <= 1)
        #expect(try snapshot.selfTest() == result)
    }

    @Test("the self-test's neighbours are the exact ones")
    func truth() throws {
        let snapshot = try open(Self.sound)
        let section = try #require(Self.sound.section("SELF"))
        let k = Self.sound.number(section.offset + 4, 4)
        let queries = Self.sound.number(section.offset, 4)
        #expect(k == 10 && queries == 15 && section.length == 16 + queries * 4 * (k + 1))
        // Every vector has one id, so that a node's is its position's in IDS.
        let ids = try #require(Self.sound.section("IDS "))
        for query in 0..<queries {
            let nodes = (0...k).map { Self.sound.number(section.offset + 16 + 4 * (query * (k + 1) + $0), 4) }
            let named = nodes.map { UInt64(Self.sound.number(ids.offset + 8 * $0, 8)) }
            let exact = try snapshot.exactSearch(Self.sound.vector(nodes[0]), k: k + 1).map(\.id)
            #expect(exact == named)
        }
    }

    @Test("rows without neighbours make the self-test find less than the builder")
    func broken() throws {
        var file = Self.sound
        for node in 0..<file.nodes {
            for slot in 0..<file.degree { file.set(file.row(node) + file.factorsOffset + 2 * slot, 2, 0xFC00) }
        }
        file.seal()
        let result = try #require(try open(file).selfTest())
        #expect(result.recall < result.recallWhenBuilt / 2)
    }

    @Test("a file without them is searched all the same", arguments: [["CALB"], ["SELF"], ["CALB", "SELF"]])
    func missing(tags: [String]) throws {
        var file = Self.sound
        for tag in tags { file.removeSection(tag) }
        let snapshot = try open(file)
        #expect(snapshot.info.calibration.isEmpty == tags.contains("CALB"))
        #expect(try (snapshot.selfTest() == nil) == tags.contains("SELF"))
        #expect(snapshot.info.hasSelfTest != tags.contains("SELF"))
        #expect(try snapshot.search(query, k: 10) == snapshot.exactSearch(query, k: 10))
    }

    @Test("other versions of them are passed over", arguments: ["CALB", "SELF"])
    func otherVersion(tag: String) throws {
        var file = Self.sound
        file.set(try #require(file.tableEntry(tag)) + 4, 2, 2)
        file.seal()
        let snapshot = try open(file)
        #expect(snapshot.info.calibration.isEmpty == (tag == "CALB"))
        #expect(try (snapshot.selfTest() == nil) == (tag == "SELF"))
        #expect(try snapshot.search(query, k: 10).count == 10)
    }

    @Test(
        "a length that is no whole number of elements is refused by name, with a graph and without",
        arguments: ["CALB", "SELF"], [true, false])
    func lengths(tag: String, hasGraph: Bool) throws {
        var source = ClusteredVectors(dimensions: 5, seed: 154)
        let plain = try hasGraph ? Self.sound : Fixture.file(source.next(50), parameters: BuildParameters())
        let stride = tag == "CALB" ? 16 : 44
        let head = tag == "CALB" ? 0 : 16
        let wrong: [(length: Int, stride: Int)] = [
            (head + stride - 1, stride), (head + 1, stride), (head + stride + 4, stride),
            (head + 2 * stride, stride - 1),
            (head + stride, 0), (head + stride, 1 << 40), (head + stride, -1), (head + 1 << 20, 8_192),
        ]
        for (length, stride) in wrong + (tag == "SELF" ? [(0, 44), (15, 44), (16 + 8, 4)] : [(1 << 17, 16)]) {
            var file = plain
            let content = [UInt8](repeating: 0, count: length)
            file.replaceSection(tag, with: content, stride: stride)
            for verification in [Verification.full, .fast] {
                let error = try Fixture.refusal(of: file.bytes, verification)
                #expect(error?.code == .damaged && error?.section == tag, "\(length) bytes of \(stride)")
            }
        }
        var empty = plain
        empty.replaceSection(tag, with: [UInt8](repeating: 0, count: head), stride: stride)
        let snapshot = try open(empty)
        #expect(try snapshot.search([Float](repeating: 1, count: plain.dimensions), k: 3).count == 3)
        _ = try snapshot.selfTest()
    }

    /// The fuzzer's finding: two openings of one file were not equal, and no JSON can say it.
    @Test("a point whose hops are no number is passed over", arguments: [Float.nan, .infinity, -1])
    func impossibleHops(hops: Float) throws {
        var file = Self.sound
        let section = try #require(file.section("CALB"))
        file.set(section.offset + 12, hops)
        file.seal()
        let info = try open(file).info
        #expect(info.calibration.count == section.length / 16 - 1)
        #expect(try info == open(file).info)
    }

    @Test("absurd curves are harmless: what makes no sense is passed over, the rest is only a cost")
    func absurd() throws {
        let sound = try open(Self.sound)
        let truth = try sound.exactSearch(query, k: 10)
        let numbers: [Float] = [
            .nan, -.nan, .infinity, -.infinity, -1, -0.0, 0, 1, 1e30, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ]
        var random = SplitMix64(seed: 155)
        for _ in 0..<300 {
            let points = (0..<random.next(below: 8)).flatMap { _ in
                [UInt32(truncatingIfNeeded: [0, 1, 10, 11, 100, -1][random.next(below: 6)])]
                    + (0..<3).map { _ in numbers[random.next(below: numbers.count)].bitPattern }
            }
            var file = Self.sound
            let content = points.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            file.replaceSection("CALB", with: content, stride: 16)
            let snapshot = try open(file)
            for point in snapshot.info.calibration {
                #expect(point.k > 0 && point.slack >= -1 && point.slack.isFinite)
                #expect(point.recall >= 0 && point.recall <= 1)
            }
            for k in [1, 5, 10, 50, 120] {
                let found = try snapshot.search(query, k: k, effort: .targetRecall(0.95))
                #expect(found.count == k && zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
            }
            #expect(try snapshot.search(query, scoringAtLeast: truth[9].score).allSatisfy { truth.contains($0) })
            #expect(try snapshot.search(query, k: 10, effort: .efSearch(1_000)) == truth)
            _ = try snapshot.selfTest()
        }
    }

    @Test("a sample query that names a node that is not there is an error by name", arguments: [0, 1, 10])
    func selfTestOutside(place: Int) throws {
        var file = Self.sound
        let section = try #require(file.section("SELF"))
        file.set(section.offset + 16 + 4 * (3 * 11 + place), 4, file.nodes)
        file.seal()
        let snapshot = try open(file)
        let error = #expect(throws: VectorIndexError.self) { try snapshot.selfTest() }
        #expect(error?.code == .damaged && error?.section == "SELF")
        #expect(error?.message.contains("3") == true)
        // Searches have nothing to do with it.
        #expect(try snapshot.search(query, k: 10).count == 10)
    }

    @Test("a self-test's own numbers may be anything")
    func selfTestNumbers() throws {
        let section = try #require(Self.sound.section("SELF"))
        for offset in stride(from: 0, to: 16, by: 4) {
            for value: UInt32 in [0, 1, .max, 0x7FC0_0000, 0xFF80_0000, 0x7F80_0000] {
                var file = Self.sound
                file.set(section.offset + offset, 4, Int(value))
                file.seal()
                _ = try open(file).selfTest()
            }
        }
    }
}
