/// Waiting for what sends no event: files that PostgreSQL writes, and processes that are not our children.
enum Poll {
    static let interval = Duration.milliseconds(20)

    /// Looks until `condition` holds.
    ///
    /// - Returns: false when `timeout` passed before it held.
    /// - Throws: `cancelled`, or what `condition` throws.
    static func until(
        _ timeout: Duration, _ condition: () throws(PrivatePostgresError) -> Bool
    ) async throws(PrivatePostgresError) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            if try condition() { return true }
            guard ContinuousClock.now < deadline else { return false }
            do {
                try await Task.sleep(for: interval)
            } catch {
                throw .stoppedBeforeReady
            }
        }
    }
}
