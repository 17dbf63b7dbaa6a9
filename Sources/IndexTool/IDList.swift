import VectorIndex

/// Ids that something is said of: how many, and the first of them.
struct IDList: Sendable {
    private(set) var count = 0
    /// At most `keptMax`, ascending once they are sorted.
    private(set) var first: [UInt64] = []

    /// More are counted only.
    static let keptMax = 1_000
    private static let shownMax = 10

    var isEmpty: Bool { count == 0 }
    /// Whether `first` is all of them.
    var isWhole: Bool { first.count == count }

    mutating func append(_ id: UInt64) {
        count += 1
        if first.count < Self.keptMax { first.append(id) }
    }

    mutating func sort() { first.sort() }

    /// As in "12 (3, 7, …)".
    var text: String {
        guard count > 0 else { return "0" }
        let shown = first.prefix(Self.shownMax).map(String.init).joined(separator: ", ")
        return "\(Text.grouped(count)) (\(shown)\(count > Self.shownMax ? ", …" : ""))"
    }

    var json: JSONObject {
        var object = JSONObject()
        object.add("count", count)
        object.add("first", Array(first.prefix(Self.shownMax)))
        return object
    }
}
