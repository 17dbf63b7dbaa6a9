import VectorIndex

/// What two snapshots hold that the other does not.
struct SnapshotDifference {
    /// A fact of the header with both values, as they are shown.
    struct Fact {
        let name: String
        let values: (String, String)
        /// Whether it says something of what the index holds, not only of how it was built.
        let isContent: Bool
    }

    private let infos: (SnapshotInfo, SnapshotInfo)
    private(set) var facts: [Fact] = []
    private(set) var onlyFirst: [UInt64] = []
    private(set) var onlySecond: [UInt64] = []
    /// Ids that both have, with other vectors.
    private(set) var changed: [UInt64] = []
    /// Ids that both have, with other labels.
    private(set) var relabeled: [UInt64] = []
    /// The largest difference of a coordinate.
    private(set) var farthest: Float = 0

    private static let shownMax = 10

    var isSame: Bool {
        onlyFirst.isEmpty && onlySecond.isEmpty && changed.isEmpty && relabeled.isEmpty
            && !facts.contains(where: \.isContent)
    }

    init(_ first: Snapshot, _ second: Snapshot) throws(VectorIndexError) {
        infos = (first.info, second.info)
        compareFacts()
        guard first.info.contentHash != second.info.contentHash else { return }
        let areComparable = first.info.dimensions == second.info.dimensions
        let (left, right) = (try first.ids, try second.ids)
        let labels = (try first.labelsByID(), try second.labelsByID())
        var i = 0
        var j = 0
        while i < left.count || j < right.count {
            if j == right.count || i < left.count && left[i] < right[j] {
                onlyFirst.append(left[i])
                i += 1
            } else if i == left.count || right[j] < left[i] {
                onlySecond.append(right[j])
                j += 1
            } else {
                if areComparable { try compare(left[i], first, second) }
                if labels.0[left[i]] != labels.1[left[i]] { relabeled.append(left[i]) }
                i += 1
                j += 1
            }
        }
    }

    private mutating func compare(_ id: UInt64, _ first: Snapshot, _ second: Snapshot) throws(VectorIndexError) {
        guard let a = try first.vector(id: id), let b = try second.vector(id: id), a != b else { return }
        changed.append(id)
        for (x, y) in zip(a, b) { farthest = max(farthest, abs(x - y)) }
    }

    private mutating func compareFacts() {
        func add(_ name: String, isContent: Bool = false, _ value: (SnapshotInfo) -> String) {
            let values = (value(infos.0), value(infos.1))
            if values.0 != values.1 { facts.append(Fact(name: name, values: values, isContent: isContent)) }
        }
        add("dimensions", isContent: true) { "\($0.dimensions)" }
        add("metric", isContent: true) { $0.metric.name }
        add("model", isContent: true) { $0.modelFingerprint.isEmpty ? "none" : $0.modelFingerprint }
        add("source version") { "\($0.sourceVersion)" }
        add("rows") { $0.codeKind }
        add("degree") { "\($0.degree)" }
        add("upper degree") { "\($0.upperDegree)" }
        add("efConstruction") { "\($0.efConstruction)" }
        add("target recall") { "\($0.targetRecall)" }
        add("exact scan up to") { "\($0.exactScanMax)" }
        add("seed") { "\($0.seed)" }
        add("format") { $0.formatVersion }
    }

    // MARK: As people and programs read it

    func page(_ first: String, _ second: String) -> String {
        let width = max(first.count, second.count)
        var lines = [(first, infos.0), (second, infos.1)].map { name, info in
            "\(Text.padded(name, width))  \(Text.grouped(info.count)) ids  content \(info.contentHash.prefix(16))"
        }
        func list(_ what: String, _ ids: [UInt64], _ more: String = "") {
            guard !ids.isEmpty else { return }
            let shown = ids.prefix(Self.shownMax).map(String.init).joined(separator: ", ")
            lines.append(
                "\(what): \(Text.grouped(ids.count)) (\(shown)\(ids.count > Self.shownMax ? ", …" : ""))\(more)")
        }
        list("only in \(first)", onlyFirst)
        list("only in \(second)", onlySecond)
        list("other vectors", changed, ", up to \(Text.fixed(Double(farthest), 6)) apart in a coordinate")
        list("other labels", relabeled)
        if isSame {
            lines.append(
                infos.0.contentHash == infos.1.contentHash ? "the same content" : "the same vectors under the same ids")
        }
        for fact in facts { lines.append("\(fact.name): \(fact.values.0), \(fact.values.1)") }
        return lines.joined(separator: "\n")
    }

    func json(_ first: String, _ second: String) -> String {
        var object = JSONObject()
        object.add("same", isSame)
        object.add("sameContent", infos.0.contentHash == infos.1.contentHash)
        object.add("first", first)
        object.add("second", second)
        object.add("firstCount", infos.0.count)
        object.add("secondCount", infos.1.count)
        object.add("onlyFirst", onlyFirst.count)
        object.add("onlySecond", onlySecond.count)
        object.add("changed", changed.count)
        object.add("relabeled", relabeled.count)
        object.add("largestChange", Double(farthest), decimals: 9)
        object.add(
            "facts",
            facts.map { fact in
                var one = JSONObject()
                one.add("name", fact.name)
                one.add("first", fact.values.0)
                one.add("second", fact.values.1)
                one.add("isContent", fact.isContent)
                return one
            })
        return "\(object)"
    }
}
