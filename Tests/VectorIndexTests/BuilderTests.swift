import Testing
import VectorIndex

@Suite("Building a snapshot")
struct BuilderTests {
    @Test(
        "the same bytes at any number of threads and in any order of adding",
        arguments: [(Metric.cosine, 200), (.innerProduct, 48), (.squaredL2, 48)])
    func determinism(metric: Metric, dimensions: Int) throws {
        var source = ClusteredVectors(dimensions: dimensions, seed: 41)
        var vectors = metric == .innerProduct ? Lengths.uneven(source.next(2_500), seed: 42) : source.next(2_500)
        // Equal vectors, whose ids must come in one order whichever was added first.
        vectors += vectors.prefix(100) + vectors.prefix(10)
        var random = SplitMix64(seed: 43)
        var files: [[UInt8]] = []
        for threads in [1, 2, 3, 5] {
            var builder = SnapshotBuilder(
                dimensions: dimensions, metric: metric,
                parameters: BuildParameters(threads: threads, modelFingerprint: "model-1", sourceVersion: 77))
            var order = Array(vectors.indices)
            if threads > 1 { for i in order.indices.dropFirst() { order.swapAt(i, random.next(below: i + 1)) } }
            for i in order { try builder.add(id: UInt64(i), vector: vectors[i]) }
            let path = try Fixture.path()
            let info = try builder.write(to: path)
            #expect(info.sourceVersion == 77 && info.modelFingerprint == "model-1" && info.hasGraph)
            #expect(info.count == 2_610 && info.nodes == 2_500)
            #expect(info.hasSelfTest && !info.calibration.isEmpty)
            files.append(try Fixture.bytes(path))
        }
        for file in files.dropFirst() { #expect(file == files[0]) }
    }

    @Test("another seed or another vector is another content")
    func contentHash() throws {
        var source = ClusteredVectors(dimensions: 8, seed: 42)
        var vectors = source.next(200)
        let first = try Fixture.write(vectors, to: Fixture.path())
        #expect(first.contentHash.count == 64)
        #expect(try Fixture.write(vectors, to: Fixture.path()).contentHash == first.contentHash)
        let reseeded = try Fixture.write(
            vectors, to: Fixture.path(), parameters: BuildParameters(exactScanMax: 0, seed: 1))
        #expect(reseeded.contentHash != first.contentHash)
        vectors[100][3] += 0.001
        #expect(try Fixture.write(vectors, to: Fixture.path()).contentHash != first.contentHash)
    }

    @Test(
        "a vector that cannot be indexed is refused by name",
        arguments: [
            ([1, 2], Metric.cosine, VectorIndexError.Code.dimensionMismatch),
            ([1, 2, 3, 4], .squaredL2, .dimensionMismatch),
            ([1, .nan, 3], .squaredL2, .notFinite),
            ([1, -.infinity, 3], .innerProduct, .notFinite),
            ([0, 0, 0], .cosine, .zeroVector),
            ([3e38, 3e38, 0], .squaredL2, .tooLarge),
        ] as [([Float], Metric, VectorIndexError.Code)])
    func refusedVector(vector: [Float], metric: Metric, code: VectorIndexError.Code) throws {
        var builder = SnapshotBuilder(dimensions: 3, metric: metric)
        let error = #expect(throws: VectorIndexError.self) { try builder.add(id: 1, vector: vector) }
        #expect(error?.code == code)
        #expect(builder.count == 0)
    }

    @Test(
        "zero vectors are vectors like others where direction does not matter",
        arguments: [Metric.innerProduct, .squaredL2])
    func zeroVector(metric: Metric) throws {
        let path = try Fixture.path()
        try Fixture.write([[0, 0], [1, 1], [0, 0]], to: path, metric: metric)
        #expect(try Snapshot(path: path).search([0, 0], k: 2).first?.score == 0)
    }

    @Test("more vectors than an index holds are refused by name, and those before stay")
    func tooMany() throws {
        var builder = SnapshotBuilder(dimensions: 2, metric: .cosine)
        // Node numbers have 31 bits.
        #expect(builder.idsMax == 1 << 31 - 1)
        builder.idsMax = 3
        for id in 0..<3 as Range<UInt64> { try builder.add(id: id, vector: [1, Float(id)]) }
        let error = #expect(throws: VectorIndexError.self) { try builder.add(id: 3, vector: [1, 1]) }
        #expect(error?.code == .tooLarge && error?.message.contains("3 vectors") == true)
        #expect(try builder.write(to: Fixture.path()).count == 3)
    }

    @Test("an id twice is refused, and the file that was there stays")
    func duplicateID() throws {
        let path = try Fixture.path()
        let before = try Fixture.write([[1, 0], [0, 1]], to: path)
        var builder = SnapshotBuilder(dimensions: 2, metric: .cosine)
        try builder.add(id: 9, vector: [1, 0])
        try builder.add(id: 9, vector: [0, 1])
        let error = #expect(throws: VectorIndexError.self) { try builder.write(to: path) }
        #expect(error?.code == .duplicateID)
        #expect(try Snapshot(path: path).info == before)
    }

    @Test(
        "parameters out of range are refused by name",
        arguments: [
            BuildParameters(degree: 33), BuildParameters(degree: 0), BuildParameters(degree: 16),
            BuildParameters(degree: 288), BuildParameters(upperDegree: 2), BuildParameters(efConstruction: 1),
            BuildParameters(targetRecall: 0), BuildParameters(targetRecall: 1.1), BuildParameters(targetRecall: .nan),
            BuildParameters(targetRecall: 1e-60), BuildParameters(exactScanMax: -1), BuildParameters(threads: -1),
            BuildParameters(modelFingerprint: String(repeating: "x", count: 129)),
        ])
    func refusedParameters(parameters: BuildParameters) throws {
        let builder = SnapshotBuilder(dimensions: 2, metric: .cosine, parameters: parameters)
        let error = #expect(throws: VectorIndexError.self) { try builder.write(to: Fixture.path()) }
        #expect(error?.code == .invalidParameter)
    }

    @Test("dimensions out of range are refused by name", arguments: [0, -1, 4_097])
    func refusedDimensions(dimensions: Int) throws {
        let builder = SnapshotBuilder(dimensions: dimensions, metric: .cosine)
        let error = #expect(throws: VectorIndexError.self) { try builder.write(to: Fixture.path()) }
        #expect(error?.code == .invalidParameter)
    }

    @Test("progress goes through all phases to their ends")
    func progress() throws {
        var source = ClusteredVectors(dimensions: 8, seed: 43)
        var builder = SnapshotBuilder(dimensions: 8, metric: .cosine, parameters: BuildParameters(exactScanMax: 0))
        for (i, vector) in source.next(500).enumerated() { try builder.add(id: UInt64(i), vector: vector) }
        var last: [BuildProgress.Phase: BuildProgress] = [:]
        var phases: [BuildProgress.Phase] = []
        try builder.write(to: Fixture.path()) { progress in
            if let before = last[progress.phase] { #expect(progress.done >= before.done) }
            last[progress.phase] = progress
            if phases.last != progress.phase { phases.append(progress.phase) }
        }
        #expect(phases == [.encoding, .linking, .filling, .measuring, .writing, .verifying])
        #expect(last.values.allSatisfy { $0.done == $0.total })
    }
}
