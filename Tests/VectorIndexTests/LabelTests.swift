import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("Labels")
struct LabelTests {
    @Test("labels are in the order of their bytes, the field before the value")
    func order() {
        let ascending = [
            Label("a", ""), Label("a", "b"), Label("a", "ba"), Label("a", "é"), Label("ab", ""), Label("ab", "a"),
            Label("b", "a"), Label("e\u{301}", "x"), Label("z", "x"), Label("é", "x"), Label("\u{FFFD}", "x"),
            Label("𝄞", "x"),
        ]
        for (i, left) in ascending.enumerated() {
            for (j, right) in ascending.enumerated() {
                #expect((left < right) == (i < j) && (left == right) == (i == j), "\(left) and \(right)")
            }
        }
        var random = SplitMix64(seed: 221)
        #expect(ascending.shuffled(using: &random).sorted() == ascending)
        // Swift's own strings call these equal.
        #expect("é" == "e\u{301}" && Label("é", "x") != Label("e\u{301}", "x"))
        #expect(Set(ascending + ascending).count == ascending.count)
        // Where one part ends and the other begins is a part of it.
        #expect(Set([Label("ab", "c"), Label("a", "bc"), Label("abc", "")]).count == 3)
    }

    @Test("spellings that look the same are found apart")
    func spellings() throws {
        let snapshot = try snapshot([[Label("name", "é")], [Label("name", "e\u{301}")], [Label("name", "e")]])
        for (i, value) in ["é", "e\u{301}", "e"].enumerated() {
            #expect(try snapshot.search([1, 1], k: 3, where: .field("name", value)).map(\.id) == [UInt64(i)])
        }
        #expect(try snapshot.search([1, 1], k: 3, where: .field("name", "E")).isEmpty)
    }

    @Test("the labels of an index are listed in their order, with how many ids have them")
    func listed() throws {
        let a = Label("a", "1"), b = Label("b", "1"), c = Label("b", "")
        let snapshot = try snapshot([[b, a], [], [c, b, b], [b]])
        #expect(try snapshot.labels.map(\.label) == [a, c, b])
        #expect(try snapshot.labels.map(\.ids) == [1, 1, 3])
        #expect(snapshot.info.sections.suffix(3).map(\.tag) == ["LBLS", "LBLT", "LBLP"])
        // A label that stands twice is one.
        #expect(snapshot.info.sections.suffix(3).map(\.length) == [48, 5, 20])
    }

    @Test("without labels there are no sections, nothing is labelled and everything unlabelled")
    func none() throws {
        let snapshot = try snapshot([[], [], []])
        #expect(try snapshot.labels.isEmpty && !snapshot.info.sections.contains { $0.tag.hasPrefix("LBL") })
        #expect(try snapshot.search([1, 1], k: 3, where: .field("a", "b")).isEmpty)
        #expect(try snapshot.search([1, 1], k: 3, where: SearchFilter(.unlabeled([Label("a", "b")]))).count == 3)
    }

    @Test("a label without a field, or a longer one than there may be, is refused by builder, filter and changes")
    func refusals() throws {
        let longest = String(repeating: "é", count: Label.bytesMax / 2)
        let sound = [Label("a", ""), Label(longest, longest)]
        let snapshot = try snapshot([sound])
        #expect(try snapshot.search([1, 1], k: 1, where: SearchFilter(.labeled([sound[1]]))).count == 1)
        for (bad, what) in [
            (Label("", "a"), "no field"), (Label(longest + "a", ""), "1025 bytes"),
            (Label("a", longest + "é"), "1026 bytes"),
        ] {
            var builder = SnapshotBuilder(dimensions: 2, metric: .cosine)
            let live = try LiveSnapshot(snapshot)
            let attempts: [() throws -> Void] = [
                { try builder.add(id: 1, vector: [1, 0], labels: sound + [bad]) },
                { _ = try snapshot.selection(SearchFilter(.labeled([bad, sound[0]]))) },
                { _ = try snapshot.search([1, 1], k: 1, where: SearchFilter(.unlabeled([bad]))) },
                { _ = try live.search([1, 1], k: 1, where: SearchFilter(.labeled([bad]))) },
                { _ = try live.applying([.set(id: 1, vector: [1, 0], labels: sound + [bad])], version: 1) },
            ]
            for attempt in attempts {
                let error = #expect(throws: VectorIndexError.self, performing: attempt)
                #expect(error?.code == .invalidParameter && error?.message.contains(what) == true)
                #expect(error?.remedy.isEmpty == false)
            }
            #expect(builder.count == 0)
        }
    }

    @Test("the order of adding, of an id's labels and their repetition do not show in the file", arguments: [0, 2_000])
    func deterministic(exactScanMax: Int) throws {
        var source = ClusteredVectors(dimensions: 8, seed: 222)
        var random = SplitMix64(seed: 223)
        var entries: [(id: UInt64, vector: [Float], labels: [Label])] = []
        for i in 0..<300 {
            let own = (0..<random.next(below: 5)).map { _ in
                Label("f\(random.next(below: 3))", "\(random.next(below: 20))")
            }
            // A tenth of them share one vector.
            entries.append((UInt64(7 * i), i % 10 == 1 ? [Float](repeating: 1, count: 8) : source.next(), own))
        }
        var files: [[UInt8]] = []
        for threads in [1, 2, 3] {
            var builder = SnapshotBuilder(
                dimensions: 8, metric: .squaredL2,
                parameters: BuildParameters(exactScanMax: exactScanMax, threads: threads))
            for entry in entries { try builder.add(id: entry.id, vector: entry.vector, labels: entry.labels) }
            let path = try Fixture.path()
            try builder.write(to: path)
            files.append(try Fixture.bytes(path))
            entries.shuffle(using: &random)
            for i in entries.indices {
                entries[i].labels = (entries[i].labels + entries[i].labels.prefix(1)).shuffled(using: &random)
            }
        }
        #expect(TestFile(files[0]).section("LBLP") != nil && TestFile(files[0]).section("GRPS") != nil)
        #expect(files[1] == files[0] && files[2] == files[0])
    }

    /// An index of vectors that all match alike, with the labels of ids 0, 1, …
    private func snapshot(_ labels: [[Label]]) throws -> Snapshot {
        var builder = SnapshotBuilder(dimensions: 2, metric: .cosine)
        for (i, own) in labels.enumerated() { try builder.add(id: UInt64(i), vector: [1, Float(i)], labels: own) }
        let path = try Fixture.path()
        try builder.write(to: path)
        return try Snapshot(path: path)
    }
}
