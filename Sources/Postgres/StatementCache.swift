/// Which statements a connection has prepared: a bounded table, least recently used out first.
struct StatementCache {
    struct Entry {
        var name: String
        var columns: PostgresColumns?
        fileprivate var usedAt: UInt64
    }

    let countMax: Int
    private var entries: [SQL.StatementKey: Entry] = [:]
    private var clock: UInt64 = 0
    private var named: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { entries.count }

    mutating func use(_ key: SQL.StatementKey) -> Entry? {
        guard let index = entries.index(forKey: key) else { return nil }
        clock += 1
        entries.values[index].usedAt = clock
        return entries.values[index]
    }

    /// A name that no statement of this connection has had.
    mutating func nextName() -> String {
        named += 1
        return "s\(named)"
    }

    mutating func insert(_ key: SQL.StatementKey, name: String) {
        clock += 1
        entries[key] = Entry(name: name, columns: nil, usedAt: clock)
    }

    mutating func remember(_ columns: PostgresColumns, for key: SQL.StatementKey) {
        entries[key]?.columns = columns
    }

    mutating func remove(_ key: SQL.StatementKey) {
        entries[key] = nil
    }

    /// Takes out the statement that went longest without use when the table is full.
    /// - Returns: its name, for the server to forget too.
    /// - Complexity: O(`countMax`), and only on a miss.
    mutating func evictIfFull() -> String? {
        guard entries.count >= countMax, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt })
        else { return nil }
        entries[oldest.key] = nil
        return oldest.value.name
    }
}
