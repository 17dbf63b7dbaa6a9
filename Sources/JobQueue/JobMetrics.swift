import Metrics

/// What a worker counts and times, by kind of job.
struct JobMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case completed, retried, discarded, stale, givenBack = "given_back"
    }

    private let finished: [Outcome: Counter]
    private let duration: Metrics.Timer

    init(_ kind: JobKind) {
        finished = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                (
                    outcome,
                    Counter(
                        label: "jobs_attempts_total",
                        dimensions: [("kind", kind.rawValue), ("outcome", outcome.rawValue)])
                )
            })
        duration = Metrics.Timer(label: "jobs_attempt_seconds", dimensions: [("kind", kind.rawValue)])
    }

    func ended(_ outcome: Outcome, after time: Duration) {
        finished[outcome]?.increment()
        let (seconds, attoseconds) = time.components
        duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
