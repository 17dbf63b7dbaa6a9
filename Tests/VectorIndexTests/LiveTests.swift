import Testing
import VectorIndex

@Suite("A snapshot and what has changed since")
struct LiveTests {
    private static let shapes = [0, 2_000]

    private func start(_ model: LiveModel, exactScanMax: Int) throws -> LiveSnapshot {
        let path = try Fixture.path()
        try model.write(to: path, exactScanMax: exactScanMax, version: 10)
        return try LiveSnapshot(Snapshot(path: path))
    }

    @Test("it answers as what it should hold does, after every batch of changes", arguments: Metric.allCases, shapes)
    func likeTheModel(metric: Metric, exactScanMax: Int) throws {
        var model = LiveModel(metric: metric, count: 600, seed: 241)
        let queries = model.queries(4)
        var live = try start(model, exactScanMax: exactScanMax)
        #expect(live.snapshot.info.hasGraph == (exactScanMax == 0) && live.version == 10 && live.pendingChanges == 0)
        try model.check(live, queries)
        for batch in 1...8 {
            let changes = model.change([1, 3, 40, 0, 100, 7, 250, 60][batch - 1])
            live = try live.applying(changes, version: UInt64(10 + batch))
            #expect(live.version == UInt64(10 + batch))
            try model.check(live, queries)
        }
        #expect(live.pendingChanges > 300)
    }

    @Test(
        "the next generation answers with the same, to the bit, and has nothing pending",
        arguments: Metric.allCases, shapes)
    func nextGeneration(metric: Metric, exactScanMax: Int) throws {
        var model = LiveModel(metric: metric, count: 500, seed: 242)
        let queries = model.queries(4)
        var live = try start(model, exactScanMax: exactScanMax)
        for round in 1...3 {
            live = try live.applying(model.change(120), version: live.version + 5)
            let path = try Fixture.path()
            let info = try live.write(to: path, threads: 2)
            let next = try LiveSnapshot(Snapshot(path: path))
            #expect(next.snapshot.info == info && info.sourceVersion == UInt64(10 + 5 * round))
            #expect(info.hasGraph == (exactScanMax == 0) && info.modelFingerprint == "live")
            #expect(next.pendingChanges == 0 && next.version == live.version)
            try model.check(next, queries)
            for filter in [nil, SearchFilter.field("team", "1")] {
                #expect(
                    try next.exactSearch(queries, k: 50, where: filter)
                        == live.exactSearch(queries, k: 50, where: filter))
            }
            let rebased = try live.rebased(on: next.snapshot)
            #expect(rebased.pendingChanges == 0 && rebased.version == live.version)
            live = rebased
        }
    }

    @Test("a changed vector is stored as one that is added is, to the bit", arguments: Metric.allCases)
    func storedAlike(metric: Metric) throws {
        var model = LiveModel(metric: metric, count: 50, seed: 248)
        var live = try start(model, exactScanMax: 2_000)
        live = try live.applying(model.change(200), version: 11)
        let path = try Fixture.path()
        try model.write(to: path, exactScanMax: 2_000, version: 11)
        let built = try Snapshot(path: path)
        #expect(try built.ids == live.ids && live.pendingChanges > 100)
        for id in try live.ids { #expect(try live.vector(id: id) == built.vector(id: id)) }
        // So that the next generation of a scanned index is the file that a build makes.
        let written = try Fixture.path()
        try live.write(to: written)
        #expect(try Fixture.bytes(written) == Fixture.bytes(path))
    }

    @Test("on the next generation stands exactly what came after it", arguments: shapes)
    func rebased(exactScanMax: Int) throws {
        var model = LiveModel(metric: .squaredL2, count: 400, seed: 243)
        let queries = model.queries(4)
        var states = [try start(model, exactScanMax: exactScanMax)]
        var models = [model]
        var changed: [Set<UInt64>] = [[]]
        for version in 11...15 {
            let changes = model.change(30)
            states.append(try states[version - 11].applying(changes, version: UInt64(version)))
            models.append(model)
            changed.append(Set(changes.map(\.id)))
        }
        let last = states[5]
        for (i, state) in states.enumerated() {
            let path = try Fixture.path()
            try state.write(to: path)
            let next = try Snapshot(path: path)
            let rebased = try last.rebased(on: next)
            #expect(rebased.snapshot === next && rebased.version == 15)
            // Of an id that has changed more than once the last counts.
            #expect(rebased.pendingChanges == changed[(i + 1)...].reduce(into: Set()) { $0.formUnion($1) }.count)
            try model.check(rebased, queries)
            // An earlier state is nowhere near the last.
            if i < 5 { try models[i].check(states[i], queries) }
        }
        // A generation ahead of all changes has them all.
        let path = try Fixture.path()
        try model.write(to: path, exactScanMax: exactScanMax, version: 99)
        let ahead = try states[2].rebased(on: Snapshot(path: path))
        #expect(ahead.pendingChanges == 0 && ahead.version == 99)
        try model.check(ahead, queries)
    }

    @Test("a generation that is older, or of other vectors, is refused, and what stood stands")
    func foreignGenerations() throws {
        let model = LiveModel(metric: .cosine, count: 30, seed: 244)
        let live = try start(model, exactScanMax: 2_000)
        let index = try LiveIndex(live.snapshot)
        let state = try index.apply([.remove(id: model.entries.keys.min()!)], version: 11)
        func generation(
            _ metric: Metric = .cosine, dimensions: Int = LiveModel.dimensions, model: String = "live", version: UInt64
        ) throws -> Snapshot {
            try Fixture.snapshot(
                [[Float](repeating: 1, count: dimensions)], metric: metric,
                parameters: BuildParameters(modelFingerprint: model, sourceVersion: version))
        }
        let cases: [(Snapshot, VectorIndexError.Code)] = [
            (try generation(version: 9), .invalidParameter),
            (try generation(.squaredL2, version: 12), .fingerprintMismatch),
            (try generation(dimensions: 13, version: 12), .fingerprintMismatch),
            (try generation(model: "other", version: 12), .fingerprintMismatch),
        ]
        for (next, code) in cases {
            let error = #expect(throws: VectorIndexError.self) { try index.install(next) }
            #expect(error?.code == code && error?.remedy.contains("Start anew") == true)
            #expect(index.current === state)
        }
        // One of the same version as the snapshot's is no step back, and an earlier one may be put in its place whole.
        let same = try index.install(generation(version: 10))
        #expect(same.pendingChanges == 1 && same.version == 11 && index.current === same)
        let earlier = try index.replace(generation(version: 3))
        #expect(earlier.pendingChanges == 0 && earlier.version == 3 && index.current === earlier)
    }

    @Test(
        "changes that come late, are too many or are none are refused with nothing changed", arguments: Metric.allCases)
    func refusals(metric: Metric) throws {
        let model = LiveModel(metric: metric, count: 30, seed: 245)
        let index = try LiveIndex(start(model, exactScanMax: 2_000).snapshot)
        let sound = [Float](repeating: 1, count: LiveModel.dimensions)
        let state = try index.apply([.set(id: 1, vector: sound, labels: [Label("a", "b")])], version: 12)
        func code(_ changes: [IndexChange], version: UInt64 = 13) -> VectorIndexError.Code? {
            do throws(VectorIndexError) {
                try index.apply(changes, version: version)
                return nil
            } catch { return error.code }
        }
        func changes(_ vector: [Float], _ labels: [Label] = []) -> [IndexChange] {
            [.set(id: 2, vector: sound), .remove(id: 1), .set(id: 3, vector: vector, labels: labels)]
        }
        var broken = sound
        broken[7] = .nan
        #expect(code(changes(broken)) == .notFinite)
        broken[7] = -.infinity
        #expect(code(changes(broken)) == .notFinite)
        #expect(code(changes(Array(sound.dropLast()))) == .dimensionMismatch)
        #expect(code(changes([])) == .dimensionMismatch)
        #expect(code(changes(sound.map { $0 * 1e30 })) == .tooLarge)
        #expect(code(changes(sound, [Label("", "b")])) == .invalidParameter)
        if metric == .cosine { #expect(code(changes(sound.map { $0 * 0 })) == .zeroVector) }
        #expect(code([.remove(id: 1)], version: 11) == .invalidParameter)
        #expect(code([], version: 0) == .invalidParameter)
        #expect(try index.current === state && state.vector(id: 1) != nil && state.vector(id: 2) == nil)
        #expect(code(changes(sound)) == nil)
        #expect(try index.current !== state && index.current.vector(id: 1) == nil && index.current.vector(id: 2) != nil)
        // What was taken keeps what it had.
        #expect(try state.vector(id: 1) != nil && state.version == 12 && state.pendingChanges == 1)
    }

    @Test("changes wait up to a bound, and those of the last are named when there are more")
    func changesMax() throws {
        let index = try LiveIndex(Fixture.snapshot([[1, 0]], parameters: BuildParameters()))
        let most = (0..<LiveSnapshot.changesMax).map { IndexChange.remove(id: UInt64($0)) }
        let full = try index.apply(most, version: 1)
        #expect(full.pendingChanges == LiveSnapshot.changesMax && full.count == 0)
        let error = #expect(throws: VectorIndexError.self) {
            try index.apply([.remove(id: UInt64(LiveSnapshot.changesMax))], version: 2)
        }
        #expect(error?.code == .tooLarge && error?.remedy.contains("\(LiveSnapshot.changesMax)") == true)
        #expect(index.current === full)
        // Another change of an id that has one needs no room.
        #expect(try index.apply([.set(id: 0, vector: [1, 1])], version: 2).count == 1)
    }

    @Test("an index of which all is gone answers with nothing, is written, and grows again", arguments: shapes)
    func becomesEmpty(exactScanMax: Int) throws {
        var model = LiveModel(metric: .innerProduct, count: 200, seed: 246)
        let queries = model.queries(3)
        let live = try start(model, exactScanMax: exactScanMax).applying(model.removeAll(), version: 11)
        #expect(try live.count == 0 && live.ids.isEmpty && live.pendingChanges == 200)
        #expect(try live.search(queries[0], k: 5).isEmpty && live.exactSearch(queries, k: 5).allSatisfy(\.isEmpty))
        let path = try Fixture.path()
        let info = try live.write(to: path)
        #expect(info.count == 0 && info.sourceVersion == 11)
        let empty = try live.rebased(on: Snapshot(path: path))
        #expect(try empty.count == 0 && empty.search(queries[0], k: 5, where: .field("team", "1")).isEmpty)
        let grown = try empty.applying(model.change(50), version: 12)
        #expect(grown.count > 0)
        try model.check(grown, queries)
        try grown.write(to: path)
        try model.check(grown.rebased(on: Snapshot(path: path)), queries)
    }

    @Test("searches through a graph find what changed and not what went", arguments: Metric.allCases)
    func walked(metric: Metric) throws {
        var model = LiveModel(metric: metric, count: 4_000, seed: 247)
        let queries = model.queries(40)
        let live = try start(model, exactScanMax: 0).applying(model.change(600), version: 11)
        let scratch = SearchScratch()
        for filter in [nil, SearchFilter(.unlabeled([Label("team", "2")]))] {
            let truth = try live.exactSearch(queries, k: 10, where: filter)
            let found = try queries.map { query in
                let found = try live.search(query, k: 10, where: filter, effort: .targetRecall(0.95), scratch: scratch)
                #expect(scratch.statistics.hops > 0)
                return found
            }
            #expect(Fixture.recall(found, truth) >= 0.95)
        }
    }
}
