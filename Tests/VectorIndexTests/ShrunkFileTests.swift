import Foundation
import Synchronization
import Testing
import VectorIndex

/// A mapped page that its file no longer has ends a process (SIGBUS) unless somebody sees to it.
@Suite("Files that are cut short while they are mapped")
struct ShrunkFileTests {
    private static let vectors: [[Float]] = {
        var source = ClusteredVectors(dimensions: 32, seed: 171)
        return source.next(1_200)
    }()

    private func expectTruncated(_ what: String, _ body: () throws -> Void) {
        let error = #expect(throws: VectorIndexError.self, "\(what)") { try body() }
        #expect(error?.code == .truncated && error?.file != nil && error?.remedy.isEmpty == false, "\(what)")
    }

    @Test("everything that a snapshot answers is a named error from then on", arguments: [0, 1, 20, 200])
    func everyAnswer(pages: Int) throws {
        let path = try Fixture.path()
        try Fixture.write(Self.vectors, to: path)
        let query = Self.vectors[0]
        // Each is asked of a snapshot of its own, so that no other has met the missing pages before.
        let asked: [(name: String, body: (Snapshot) throws -> Void)] = [
            ("search", { _ = try $0.search(query, k: 10) }),
            ("search by score", { _ = try $0.search(query, scoringAtLeast: -2) }),
            ("searches", { _ = try $0.search([query, query, query], k: 10) }),
            ("large search", { _ = try $0.search(query, k: 1_000) }),
            ("exact search", { _ = try $0.exactSearch(query, k: 10) }),
            ("exact searches", { _ = try $0.exactSearch([query, query, query, query], k: 10) }),
            ("vector", { for id in UInt64(0)..<1_200 { _ = try $0.vector(id: 3 * id) } }),
            ("ids", { _ = try $0.ids }),
            ("self-test", { _ = try $0.selfTest() }),
            ("graph report", { _ = try $0.graphReport() }),
            ("content hash", { try $0.verifyContentHash() }),
            ("labels", { _ = try $0.labels }),
            ("selection", { _ = try $0.selection(.field("a", "b")) }),
            ("selection of a bitmap", { _ = try $0.selection(bitmap: [UInt64](repeating: 5, count: 19)) }),
            (
                "filtered search",
                { _ = try $0.search(query, k: 10, within: $0.selection(SearchFilter(.otherIDs([3])))) }
            ),
            ("live search", { _ = try LiveSnapshot($0).applying([.remove(id: 3)], version: 9).search(query, k: 10) }),
            ("next generation", { _ = try LiveSnapshot($0).write(to: Fixture.path(), .extended) }),
            ("next generation, built anew", { _ = try LiveSnapshot($0).write(to: Fixture.path(), .rebuilt) }),
        ]
        let bytes = try Fixture.bytes(path)
        // The last sections are those of ids, which every answer needs.
        #expect(bytes.count > 250 * 4_096)
        let snapshots = try asked.map { _ in try Snapshot(path: path) }
        for snapshot in snapshots { #expect(try snapshot.search(query, k: 1).first?.id == 0) }
        #expect(truncate(path, off_t(4_096 * pages)) == 0)
        for (snapshot, (name, body)) in zip(snapshots, asked) {
            expectTruncated(name) { try body(snapshot) }
        }
        // Growing back brings nothing back: what was mapped stays lost, and a new opening finds the zeros.
        try Fixture.write(bytes, to: path)
        for (snapshot, (name, body)) in zip(snapshots, asked) { expectTruncated(name) { try body(snapshot) } }
        #expect(try Snapshot(path: path).search(query, k: 1).first?.id == 0)
    }

    @Test("a cut inside a page, which the system fills with zeros without a word")
    func insideAPage() throws {
        let path = try Fixture.path()
        try Fixture.write(Self.vectors, to: path)
        let sound = try Fixture.bytes(path)
        let last = try #require(sound.lastIndex { $0 != 0 })
        let sections = try Snapshot(path: path).info.sections
        let ends = sections.map { Int($0.offset + $0.length) }
        var cuts = sections.flatMap { [Int($0.offset) + 1, Int($0.offset) + 8, Int($0.offset + $0.length / 2)] }
        cuts += ends.flatMap { [$0 - 1, $0 - 8, $0 - 2_048] }
        for cut in cuts where cut > 0 && cut <= last {
            let copy = try Fixture.path()
            try Fixture.write(sound, to: copy)
            let snapshots = try (0..<3).map { _ in try Snapshot(path: copy) }
            let selection = try snapshots[1].selection(SearchFilter(.otherIDs([3])))
            #expect(truncate(copy, off_t(cut)) == 0)
            expectTruncated("search, cut at \(cut)") { _ = try snapshots[0].search(Self.vectors[0], k: 10) }
            expectTruncated("filtered, cut at \(cut)") {
                _ = try snapshots[1].search(Self.vectors[0], k: 10, within: selection)
            }
            expectTruncated("ids, cut at \(cut)") { _ = try snapshots[2].ids }
        }
    }

    @Test("a file grown back with zeros in the meantime is damaged to a new opening")
    func grownBack() throws {
        let path = try Fixture.path()
        try Fixture.write(Self.vectors, to: path)
        let size = try Fixture.bytes(path).count
        #expect(truncate(path, 4_096) == 0 && truncate(path, size) == 0)
        let error = #expect(throws: VectorIndexError.self) { try Snapshot(path: path) }
        // Whose zeros are met first is no matter.
        #expect(error?.code == .damaged && ["ROWS", "UPPR"].contains(error?.section))
    }

    @Test("searches on several threads: true answers until the file is cut short, then errors", arguments: 0..<8)
    func whileSearching(round: Int) throws {
        let path = try Fixture.path()
        try Fixture.write(Self.vectors, to: path)
        let size = try Fixture.bytes(path).count
        let snapshot = try Snapshot(path: path)
        let truth = try Self.vectors.map { Set(try snapshot.exactSearch($0, k: 10)) }
        let answered = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let isCut = Atomic<Bool>(false)
        let threads = (0..<3).map { worker in
            let thread = SearchThread {
                var number = worker
                // Each goes on until it has met the missing pages.
                while true {
                    let wasCut = isCut.load(ordering: .acquiring)
                    number = (number + 7) % truth.count
                    do {
                        let found = try snapshot.search(Self.vectors[number], k: 10, effort: .efSearch(50))
                        #expect(found.count == 10)
                        #expect(found.count { truth[number].contains($0) } >= 5, "an answer from missing pages")
                        answered.add(1, ordering: .relaxed)
                    } catch {
                        let mayBeRefused = isCut.load(ordering: .acquiring)
                        #expect((error as? VectorIndexError)?.code == .truncated && mayBeRefused)
                        refused.add(1, ordering: .relaxed)
                        return
                    }
                    if wasCut, number % 50 == 0 { _ = try? snapshot.exactSearch(Self.vectors[number], k: 1) }
                }
            }
            thread.start()
            return thread
        }
        while answered.load(ordering: .relaxed) < 50 { sched_yield() }
        isCut.store(true, ordering: .releasing)
        #expect(truncate(path, off_t(size * round / 8)) == 0)
        for thread in threads { thread.join() }
        #expect(refused.load(ordering: .relaxed) == 3)
    }

    @Test("a file that is cut short while it is opened is a named error", arguments: 0..<40)
    func whileOpening(round: Int) throws {
        let path = try Fixture.path()
        try Fixture.write(Self.vectors, to: path)
        let size = try Fixture.bytes(path).count
        let opened = Atomic<Int>(0)
        let thread = SearchThread {
            while true {
                do {
                    _ = try Snapshot(path: path)
                    opened.add(1, ordering: .relaxed)
                } catch {
                    #expect((error as? VectorIndexError)?.code == .truncated)
                    return
                }
            }
        }
        thread.start()
        while opened.load(ordering: .relaxed) == 0 { sched_yield() }
        #expect(truncate(path, off_t(size * round / 40)) == 0)
        thread.join()
    }

    @Test("one lost mapping says nothing of the others, and its place serves again")
    func others() throws {
        let (lost, sound) = (try Fixture.path(), try Fixture.path())
        try Fixture.write(Self.vectors, to: lost)
        try Fixture.write(Self.vectors, to: sound)
        for _ in 0..<20 {
            let copy = try Fixture.path()
            try Fixture.write(try Fixture.bytes(lost), to: copy)
            var snapshots = try [sound, copy, sound].map { try Snapshot(path: $0) }
            #expect(truncate(copy, 0) == 0)
            expectTruncated("the one that was cut short") { _ = try snapshots[1].search(Self.vectors[0], k: 1) }
            snapshots[1] = try Snapshot(path: sound)
            for snapshot in snapshots { #expect(try snapshot.search(Self.vectors[0], k: 1).first?.id == 0) }
        }
    }

    @Test("more mappings than the guard has places are refused by name, and each that goes makes room")
    func fullTable() throws {
        // In a process of its own, so that other tests find places.
        let path = try Fixture.path()
        #expect(try BuilderProcess.run(path, "1").status == 0)
        #expect(try BuilderProcess.run(path, "1", "places", "65535").output == "opened, opened")
        let outcome = try BuilderProcess.run(path, "1", "places", "65536")
        #expect(outcome.output == "notReadable, opened")
    }

    @Test("a bus error elsewhere ends the process as before")
    func foreignFault() throws {
        let path = try Fixture.path()
        #expect(try BuilderProcess.run(path, "1").status == 0)
        #expect(try BuilderProcess.run(path, "2", "fault", "1").status == SIGBUS)
        #expect(try BuilderProcess.run(path, "2", "fault", "2").status == 42)
    }
}

/// A thread that can be waited for.
private final class SearchThread {
    private let thread: Thread
    private let end = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Void) {
        let end = end
        thread = Thread {
            body()
            end.signal()
        }
    }

    func start() { thread.start() }

    func join() { end.wait() }
}
