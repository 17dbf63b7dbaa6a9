/// A short transaction that waits for its turn, or for its answer, on a connection that it shares with others.
struct SharedTransaction: Sendable {
    let statements: [SQL.Rendered]
    let answer = PendingAnswer<[PostgresResult], PostgresError>()

    init(_ statements: [SQL]) { self.statements = statements.map { $0.rendered() } }
}
