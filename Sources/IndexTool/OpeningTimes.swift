import VectorIndex

/// How long an index takes to be there.
struct OpeningTimes {
    /// Checking all of it.
    var fullSeconds: Double
    /// Checking its first page and sizes.
    var fastSeconds: Double
    /// A fast opening and the first search.
    var fastToFirstAnswerSeconds: Double

    /// Opens a file twice: fast, with the first answer, then in full. - Returns: also the snapshot of the full opening.
    static func measure(
        path: String, query: [Float], k: Int
    ) throws(VectorIndexError) -> (times: OpeningTimes, snapshot: Snapshot) {
        let clock = ContinuousClock()
        var started = clock.now
        let fast = try Snapshot(path: path, verification: .fast)
        let fastSeconds = Text.seconds(clock.now - started)
        _ = try fast.search(query, k: k)
        let answeredSeconds = Text.seconds(clock.now - started)
        started = clock.now
        let full = try Snapshot(path: path)
        let times = OpeningTimes(
            fullSeconds: Text.seconds(clock.now - started), fastSeconds: fastSeconds,
            fastToFirstAnswerSeconds: answeredSeconds)
        return (times, full)
    }
}
