import VectorIndex

/// Postgres's rows held against a file, one by one as they come: what the file lacks, what it should not have, and what
/// it has of an older vector.
struct RowComparison: Sendable {
    private let snapshot: Snapshot
    /// Ascending.
    private let ids: [UInt64]
    private var isMet: [Bool]
    private(set) var rows = 0
    /// Rows that the file does not have.
    private(set) var missing = IDList()
    /// Rows whose vector is another one in the file.
    private(set) var stale = IDList()

    /// How far a coordinate may be apart: the file's are of unit length under cosine, rounded once.
    private static let roundingMax: Float = 1e-6

    init(_ snapshot: Snapshot) throws(VectorIndexError) {
        self.snapshot = snapshot
        ids = try snapshot.ids
        isMet = [Bool](repeating: false, count: ids.count)
    }

    mutating func add(_ id: UInt64, _ vector: [Float]) throws(VectorIndexError) {
        rows += 1
        guard let position = position(of: id), let own = try snapshot.vector(id: id) else { return missing.append(id) }
        isMet[position] = true
        if !isSame(vector, own) { stale.append(id) }
    }

    /// The ids of the file that no row has. - Precondition: all rows were added.
    var extra: IDList {
        var list = IDList()
        for (position, id) in ids.enumerated() where !isMet[position] { list.append(id) }
        return list
    }

    private func isSame(_ row: [Float], _ own: [Float]) -> Bool {
        guard row.count == own.count else { return false }
        let isCosine = snapshot.info.metric == .cosine
        let length = isCosine ? row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() : 1
        // Not a number is no vector of the file.
        return zip(row, own).allSatisfy {
            isCosine ? abs(Float(Double($0) / length) - $1) <= Self.roundingMax : $0 == $1
        }
    }

    private func position(of id: UInt64) -> Int? {
        var range = 0..<ids.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if ids[middle] == id { return middle }
            range = ids[middle] < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}
