/// One numbered step of the schema. Once released it is never edited: a change is another migration.
public struct Migration: Sendable, Equatable {
    /// 1, 2, 3 …; the order they are applied in.
    public var number: Int
    /// What it does, e.g. "tickets and events".
    public var name: String
    /// Statements that run in one transaction; they must not end it themselves.
    public var sql: String

    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}
