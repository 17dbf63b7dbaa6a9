import VectorIndex

/// Opens the file of an input in both ways, does with it all that can be done, and compares what must agree.
///
/// A named error is a good outcome. A trap is a finding, and so is a broken promise, which traps as well: libFuzzer keeps
/// inputs that end the process.
package final class IndexExercise {
    /// What an input came to.
    package enum Outcome: Equatable {
        /// Too short for an input.
        case nothing
        case refused(VectorIndexError.Code)
        /// Opened without a look at the content, refused with one.
        case refusedInFull(VectorIndexError.Code)
        case sound
    }

    private enum Choice {
        static let entersAbove: UInt8 = 1
        static let testsItself: UInt8 = 2
        static let asksMany: UInt8 = 4
    }

    /// More sample queries are more of the same.
    private static let selfTestQueriesMax = 8

    /// Kept, so that an execution does not spend its time on getting memory.
    private let scratch = SearchScratch()

    package init() {}

    @discardableResult
    package func run(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard let input = FuzzInput(bytes) else { return .nothing }
        let file = input.file.withUnsafeBytes { MappedFile(copying: $0, name: "input") }
        let entry = input.choices & Choice.entersAbove != 0 ? EntryChoice.upperLevels : .sampled
        let snapshot: Snapshot
        do throws(VectorIndexError) {
            snapshot = try Snapshot(file: file, verification: .fast, entry: entry)
        } catch {
            check(error)
            let full = try? Snapshot(file: file, verification: .full, entry: entry)
            precondition(full == nil, "the full verification is the laxer one")
            return .refused(error.code)
        }
        var refusal: VectorIndexError?
        do throws(VectorIndexError) {
            let whole = try Snapshot(file: file, verification: .full, entry: entry)
            precondition(whole.info == snapshot.info, "two openings see two files")
        } catch {
            check(error)
            refusal = error
        }
        search(snapshot, input, isSound: refusal == nil)
        return refusal.map { .refusedInFull($0.code) } ?? .sound
    }

    private func check(_ error: VectorIndexError) {
        precondition(!error.message.isEmpty && !error.remedy.isEmpty, "an error without words")
        precondition(error.file == "input", "an error without its file")
    }

    private func search(_ snapshot: Snapshot, _ input: FuzzInput, isSound: Bool) {
        let info = snapshot.info
        let query = query(input.querySeed, info.dimensions)
        let k = max(1, Int(input.k))
        var all: [UInt64: UInt32]?
        attempt {
            let found = try snapshot.exactSearch(query, k: max(info.count, 1))
            precondition(found.count <= info.count, "more answers than ids")
            guard isSound, found.allSatisfy({ !$0.score.isNaN }) else { return }
            precondition(found.count == info.count, "the exact search leaves out what is there")
            let scores = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.score.bitPattern) })
            let ids = try snapshot.ids
            precondition(ids == scores.keys.sorted(), "an id in one list and not in the other")
            all = scores
        }
        attempt {
            let found = try snapshot.search(query, k: k, effort: effort(input), scratch: scratch)
            checkAnswer(found, among: all, countMax: min(k, info.count))
        }
        attempt {
            let found = try snapshot.search(query, scoringAtLeast: input.score, effort: effort(input), scratch: scratch)
            checkAnswer(found, among: all, countMax: info.count)
            precondition(found.allSatisfy { $0.score >= input.score }, "an answer that is too far")
        }
        attempt {
            for id in try snapshot.ids.prefix(3) {
                let vector = try snapshot.vector(id: id)
                precondition(!isSound || vector?.count == info.dimensions, "an id without its vector")
            }
        }
        filter(snapshot, input, query, among: all)
        if input.choices & Choice.testsItself != 0 {
            let queries = info.sections.first { $0.tag == "SELF" }.map { Int($0.length / max($0.stride, 1)) } ?? 0
            if queries <= Self.selfTestQueriesMax { attempt { _ = try snapshot.selfTest() } }
            attempt {
                guard let report = try snapshot.graphReport() else { return }
                precondition(report.nodesByNeighbors.reduce(0, +) == info.nodes, "nodes that are not counted")
            }
            attempt { try snapshot.verifyContentHash() }
        }
        if input.choices & Choice.asksMany != 0 {
            attempt {
                let found = try snapshot.exactSearch([query, query, query, query], k: k)
                for answer in found { checkAnswer(answer, among: all, countMax: min(k, info.count)) }
            }
        }
    }

    /// Searches among some of the ids: those of a bitmap, of a label, and all but one that was removed since.
    private func filter(_ snapshot: Snapshot, _ input: FuzzInput, _ query: [Float], among all: [UInt64: UInt32]?) {
        let info = snapshot.info
        let k = max(1, Int(input.k))
        func search(_ selection: Selection) throws {
            let found = try snapshot.search(query, k: k, within: selection, effort: effort(input), scratch: scratch)
            checkAnswer(found, among: all, countMax: min(k, selection.count))
            guard all != nil else { return }
            precondition(found.count == min(k, selection.count), "fewer answers than there are")
        }
        attempt {
            var random = SplitMix64(seed: UInt64(input.querySeed))
            try search(snapshot.selection(bitmap: (0..<(info.count + 63) / 64).map { _ in random.next() }))
        }
        attempt {
            for (label, ids) in try snapshot.labels.prefix(2) {
                let selection = try snapshot.selection(.field(label.field, label.value))
                precondition(all == nil || selection.count == ids, "a label of other ids than its own")
                try search(selection)
                try search(snapshot.selection(SearchFilter(.unlabeled([label]))))
            }
        }
        attempt {
            guard let first = try snapshot.ids.first else { return }
            let live = try LiveSnapshot(snapshot).applying([.remove(id: first)], version: info.sourceVersion)
            let found = try live.search(query, k: k, effort: effort(input), scratch: scratch)
            checkAnswer(found, among: all, countMax: min(k, info.count))
            precondition(all == nil || !found.contains { $0.id == first }, "an answer that was removed")
        }
    }

    private func checkAnswer(_ found: [Neighbor], among all: [UInt64: UInt32]?, countMax: Int) {
        precondition(found.count <= countMax, "more answers than were asked for")
        guard let all else { return }
        precondition(Set(found.map(\.id)).count == found.count, "an id twice in one answer")
        precondition(found.allSatisfy { all[$0.id] == $0.score.bitPattern }, "a score that is not the vector's")
        precondition(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, "an answer out of order")
    }

    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch let error as VectorIndexError {
            precondition(!error.message.isEmpty && !error.remedy.isEmpty, "an error without words")
        } catch {
            preconditionFailure("an error of another kind: \(error)")
        }
    }

    private func effort(_ input: FuzzInput) -> SearchEffort? {
        switch input.effort % 4 {
        case 0: nil
        case 1: .efSearch(1 + Int(input.effort) / 4)
        case 2: .slack(Float(Int(input.effort) - 16) / 16)
        default: .targetRecall(Double(input.effort) / 256)
        }
    }

    private func query(_ seed: UInt32, _ dimensions: Int) -> [Float] {
        var random = SplitMix64(seed: UInt64(seed))
        return (0..<dimensions).map { _ in
            seed == 0 ? 0 : Float(Int32(truncatingIfNeeded: random.next() >> 32)) / 0x1p31
        }
    }
}
