import Postgres

/// Whether Postgres can be asked anything at all, for `/readyz`.
struct DatabaseHealth: Sendable {
    static let patience = Duration.seconds(2)

    let pool: PostgresPool

    func isAnswering() async -> Bool { (try? await pool.query("SELECT 1 AS one", timeout: Self.patience)) != nil }

    /// How often the server is asked whether it is there, and how long it may take to say so. Together they are what a
    /// request waits for a server that has fallen silent, and less than two seconds.
    static let probeInterval = Duration.milliseconds(500)
    static let probePatience = Duration.seconds(1)

    /// Asks again and again, on a connection of its own, and gives up what waits in the pool while there is no answer.
    /// Runs until its task is cancelled.
    func watch() async {
        var configuration = pool.configuration
        configuration.connectTimeout = Self.probePatience
        var connection: PostgresConnection?
        while !Task.isCancelled {
            do {
                let probe: PostgresConnection
                if let connection {
                    probe = connection
                } else {
                    probe = try await PostgresConnection.connect(configuration)
                    connection = probe
                }
                _ = try await probe.query("SELECT 1 AS one", timeout: Self.probePatience)
            } catch {
                connection = nil
                pool.abandonStatements(olderThan: Self.probePatience)
            }
            try? await ContinuousClock().sleep(for: Self.probeInterval)
        }
        await connection?.close()
    }
}
