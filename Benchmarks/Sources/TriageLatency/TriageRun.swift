import Foundation
import Measurement

/// One ticket's triage, timed from the trigger's POST to the suggestion being read by GET.
struct TriageRun {
    enum Way: String, CaseIterable {
        /// GET of the job run every millisecond until it has ended, then GET of the suggestion.
        case polling
        /// The trigger answers when the run has ended (`?wait=`), then GET of the suggestion.
        case waiting
    }

    private static let pause = Duration.milliseconds(1)
    private static let waitSeconds = 30

    var milliseconds: Double
    var suggestion: Answers.Suggestion

    /// - Throws: `CallFailure` also when the run failed or was not made by the local engine from the index.
    init(_ ticket: Int, way: Way, api: TriageAPI) async throws {
        let clock = ContinuousClock()
        let key = UUID().uuidString
        let started = clock.now
        var run = try await api.trigger(ticket, key: key, wait: way == .waiting ? Self.waitSeconds : nil)
        while run.status == "queued" || run.status == "running" {
            guard started.duration(to: clock.now) < .seconds(Self.waitSeconds) else {
                throw CallFailure(
                    call: "job run \(run.job_run_id)", problem: "is still \(run.status) after \(Self.waitSeconds) s")
            }
            try await clock.sleep(for: Self.pause)
            run = try await api.jobRun(run.job_run_id)
        }
        guard run.status == "succeeded", let made = run.suggestion else {
            throw CallFailure(
                call: "job run \(run.job_run_id)", problem: "is \(run.status): \(run.error ?? "without an error")")
        }
        suggestion = try await api.suggestion(made.id, of: ticket)
        milliseconds = started.duration(to: clock.now).milliseconds
        guard suggestion.metadata.engine == "local", suggestion.metadata.retrieval.backend == "index" else {
            throw CallFailure(
                call: "suggestion \(suggestion.id)",
                problem:
                    "was made by engine \(suggestion.metadata.engine) with \(suggestion.metadata.retrieval.backend); "
                    + "what is measured is the local engine with the index: start the server without NEXIFY_LLM, wait for /readyz"
            )
        }
    }
}
