import Postgres

/// Whether Postgres can be asked anything at all, for `/readyz`.
struct DatabaseHealth: Sendable {
    static let patience = Duration.seconds(2)

    let pool: PostgresPool

    func isAnswering() async -> Bool { (try? await pool.query("SELECT 1 AS one", timeout: Self.patience)) != nil }
}
