import Testing
import VectorIndex

@Suite("What a filter lets through")
struct FilterTests {
    /// One condition of each kind and random combinations of them.
    private func filters(_ index: LabeledIndex, seed: UInt64) -> [SearchFilter] {
        var random = SplitMix64(seed: seed)
        let ids = index.vectors.keys.sorted()
        func labels() -> Set<Label> {
            let known = [
                Label("organisation", "0"), Label("organisation", "3"), Label("team", "0"), Label("team", "2"),
                Label("language", "de"), Label("language", ""), Label("languag", "ede"), Label("language", "none"),
                Label("nothing", "de"),
            ]
            return Set((0..<random.next(below: 4)).map { _ in known[random.next(below: known.count)] })
        }
        func some() -> Set<UInt64> {
            // A third of them, and two that are nowhere.
            Set(ids.filter { _ in random.next(below: 3) == 0 } + [random.next(), random.next()])
        }
        func condition(_ kind: Int) -> SearchFilter.Condition {
            switch kind {
            case 0: .labeled(labels())
            case 1: .unlabeled(labels())
            case 2: .ids(some())
            default: .otherIDs(some())
            }
        }
        let one = (0..<12).map { SearchFilter(condition($0 % 4)) }
        let several = (0..<30).map { _ in
            SearchFilter((0..<1 + random.next(below: 3)).map { _ in condition(random.next(below: 4)) })
                .and(SearchFilter(condition(random.next(below: 4))))
        }
        return [SearchFilter(), SearchFilter(.labeled([])), SearchFilter(.unlabeled([])), SearchFilter(.ids([]))]
            + [
                SearchFilter(.otherIDs([])), .field("organisation", "1", "2"),
                .field("team", "0").and(.field("team", "1")),
            ]
            + one + several
    }

    @Test(
        "every condition, alone and with others, lets through what it says", arguments: [0, 2_000], [1, 3])
    func conditions(exactScanMax: Int, copies: Int) throws {
        let index = try LabeledIndex(count: 700, copies: copies, exactScanMax: exactScanMax, seed: 211)
        #expect(index.snapshot.info.nodes == 700 && index.snapshot.info.count == 700 * copies)
        for filter in filters(index, seed: 212) {
            let matches = index.matches(filter)
            let selection = try index.snapshot.selection(filter)
            #expect(selection.count == matches.count, "\(filter)")
            // A k that takes in all of them shows which they are.
            let all = try index.snapshot.search(index.queries[0], k: 3_000, within: selection)
            #expect(Set(all.map(\.id)) == matches && all.count == matches.count, "\(filter)")
        }
    }

    @Test("of a vector with several ids only those are answers that match", arguments: Metric.allCases)
    func duplicates(metric: Metric) throws {
        let index = try LabeledIndex(count: 1_500, copies: 3, metric: metric, exactScanMax: 0, seed: 213)
        let scratch = SearchScratch()
        var walks = 0
        for filter in [.field("organisation", "1"), .field("team", "0", "1"), SearchFilter(.unlabeled([]))] {
            let matches = index.matches(filter)
            let selection = try index.snapshot.selection(filter)
            for query in index.queries {
                let truth = try index.snapshot.exactSearch(query, k: 4_500).filter { matches.contains($0.id) }
                for k in [1, 4, 20, 4_000] {
                    let expected = Array(truth.prefix(k))
                    let exact = try index.snapshot.search(query, k: k, within: selection, effort: .targetRecall(1))
                    #expect(exact == expected)
                    let found = try index.snapshot.search(
                        query, k: k, within: selection, effort: .efSearch(200), scratch: scratch)
                    walks += scratch.statistics.hops > 0 ? 1 : 0
                    #expect(found.count == expected.count && found.allSatisfy { matches.contains($0.id) })
                    #expect(Fixture.recall([found], [expected]) >= 0.75)
                }
            }
        }
        #expect(walks > 0)
    }

    @Test("a filter that nothing meets finds nothing, whatever is asked", arguments: [0, 2_000])
    func nothing(exactScanMax: Int) throws {
        let index = try LabeledIndex(count: 500, exactScanMax: exactScanMax, seed: 214)
        for filter in [SearchFilter(.ids([])), .field("organisation", "none"), SearchFilter(.labeled([]))] {
            for k in [1, 10, 1_000] {
                for effort in [nil, SearchEffort.targetRecall(1), .efSearch(10), .slack(0)] {
                    #expect(try index.snapshot.search(index.queries[0], k: k, where: filter, effort: effort).isEmpty)
                }
            }
        }
        let none = try index.snapshot.selection(bitmap: FilteredIndex.bitmap([], count: 500))
        #expect(try none.count == 0 && index.snapshot.search(index.queries[0], k: 3, within: none).isEmpty)
    }

    @Test("a bitmap's bits are the ids in ascending order; what is beyond them is passed over")
    func bitmap() throws {
        let index = try LabeledIndex(count: 333, copies: 2, exactScanMax: 0, seed: 215)
        let ids = try index.snapshot.ids
        #expect(ids == index.vectors.keys.sorted() && ids.count == 666)
        let bits = stride(from: 5, to: 666, by: 7)
        var words = FilteredIndex.bitmap(Array(bits), count: 666)
        words[10] |= .max << 26
        let selection = try index.snapshot.selection(bitmap: words)
        #expect(selection.count == Array(bits).count)
        let found = try index.snapshot.search(index.queries[0], k: 666, within: selection)
        #expect(Set(found.map(\.id)) == Set(bits.map { ids[$0] }))
    }

    @Test("a bitmap of another size and a selection of another snapshot are refused")
    func refusals() throws {
        let index = try LabeledIndex(count: 130, exactScanMax: 0, seed: 216)
        for words in [0, 2, 4] {
            let error = #expect(throws: VectorIndexError.self) {
                try index.snapshot.selection(bitmap: [UInt64](repeating: 1, count: words))
            }
            #expect(error?.code == .invalidParameter && error?.message.contains("\(words) words") == true)
            #expect(error?.remedy.contains("Give 3") == true)
        }
        // One of the same file, opened once more, is refused as well: nobody compares what files hold.
        for other in [
            try LabeledIndex(count: 130, exactScanMax: 0, seed: 216).snapshot, try Snapshot(path: index.path),
        ] {
            let foreign = try other.selection(SearchFilter())
            let error = #expect(throws: VectorIndexError.self) {
                try index.snapshot.search(index.queries[0], k: 1, within: foreign)
            }
            #expect(error?.code == .invalidParameter && error?.message.contains("another snapshot") == true)
            #expect(error?.file == index.path)
        }
    }

    @Test("what a search refuses, a filtered one refuses, too: also when nothing matches")
    func badSearches() throws {
        let index = try LabeledIndex(count: 500, exactScanMax: 0, seed: 217)
        for filter in [SearchFilter(), SearchFilter(.ids([]))] {
            let selection = try index.snapshot.selection(filter)
            func code(_ query: [Float], k: Int = 3, _ effort: SearchEffort? = nil) -> VectorIndexError.Code? {
                do throws(VectorIndexError) {
                    _ = try index.snapshot.search(query, k: k, within: selection, effort: effort)
                    return nil
                } catch { return error.code }
            }
            let query = index.queries[0]
            #expect(code(query) == nil)
            #expect(code(Array(query.dropLast())) == .dimensionMismatch)
            #expect(code([Float](repeating: 0, count: 16)) == .zeroVector)
            #expect(code([Float](repeating: .nan, count: 16)) == .notFinite)
            for k in [-1, 0, Snapshot.kMax + 1] { #expect(code(query, k: k) == .invalidParameter) }
            for effort in [
                SearchEffort.targetRecall(0), .targetRecall(1.5), .targetRecall(.nan), .efSearch(0), .slack(-2),
                .slack(.nan),
            ] { #expect(code(query, effort) == .invalidParameter, "\(effort)") }
        }
    }

    @Test("searches by distance, and those without a filter, find what they found before one was asked")
    func unfiltered() throws {
        let index = try LabeledIndex(count: 1_500, exactScanMax: 0, seed: 218)
        let scratch = SearchScratch()
        let search = { (query: [Float]) throws -> [[Neighbor]] in
            let found = try index.snapshot.search(query, k: 10, effort: .efSearch(64), scratch: scratch)
            let radius = try #require(found.last).score
            return [found, try index.snapshot.search(query, scoringAtLeast: radius, scratch: scratch)]
        }
        for query in index.queries {
            let before = try search(query)
            for filter in [SearchFilter.field("team", "0", "1", "2"), .field("organisation", "4"), SearchFilter()] {
                // The memory of a filtered search leaves nothing behind.
                _ = try index.snapshot.search(query, k: 4, where: filter, effort: .efSearch(20), scratch: scratch)
                #expect(try search(query) == before)
            }
        }
    }
}
