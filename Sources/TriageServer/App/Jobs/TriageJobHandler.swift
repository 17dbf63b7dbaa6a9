import FoundationEssentials
import JobQueue
import Postgres
import Triage

/// Carries out one triage job: evidence, proposal, suggestion. No transaction is open while it thinks.
struct TriageJobHandler: JobHandler {
    let tickets: TicketStore
    let organizations: OrganizationStore
    let suggestions: SuggestionStore
    let evidence: EvidenceFinder
    let engine: TriageEngine

    var kind: JobKind { .triage }

    func started(_ job: ClaimedJob, on connection: PostgresConnection) async throws {
        if let organization = job.organizationID { try await connection.enter(OrganizationID(organization)) }
        try await JobRunStore.started(payload(of: job).jobRun, attempt: job.attempt, on: connection)
    }

    func run(_ job: ClaimedJob) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let payload = try payload(of: job)
        guard let organization = job.organizationID.map(OrganizationID.init(rawValue:)),
            let ticket = try await tickets.ticket(payload.ticket, in: organization)
        else { throw JobError.permanent("the ticket was deleted before it could be triaged") }

        let policy = try await organizations.routing(of: organization)
        let findings = try await evidence.findings(for: ticket.text, in: organization, excluding: ticket.id)
        var proposal = await engine.propose(
            for: ticket, policy: policy, evidence: findings.evidence, calibration: findings.calibration,
            boundary: "ticket-\(UUID().uuidString)")
        // A model that was cut short by shutdown has not failed: the job is given back, and nothing is recorded.
        try Task.checkCancellation()
        proposal.addTimings([
            "embed": findings.embedMilliseconds, "retrieve": findings.retrieveMilliseconds,
            "total": start.duration(to: clock.now).milliseconds,
        ])
        try await suggestions.record(proposal, for: ticket, run: payload.jobRun, job: job)
    }

    func exhausted(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws {
        guard let organization = job.organizationID.map(OrganizationID.init(rawValue:)) else { return }
        let payload = try payload(of: job)
        try await connection.enter(organization)
        let sentence =
            error.reason == .permanent
            ? error.message : "triage failed after \(job.attempt) attempts; it can be triggered again"
        try await JobRunStore.failed(
            payload.jobRun, ticket: payload.ticket, in: organization, attempt: job.attempt, error: sentence,
            on: connection)
    }

    private func payload(of job: ClaimedJob) throws -> TriageJobPayload {
        try JSONDecoder().decode(TriageJobPayload.self, from: Data(job.payload.utf8))
    }
}

extension TriageProposal {
    /// Joins the engine's own timings in the metadata.
    fileprivate mutating func addTimings(_ milliseconds: [String: Double]) {
        guard case .object(var members) = metadata else { return }
        var timings = members["timings_ms"]?.objectValue ?? [:]
        timings.merge(milliseconds.mapValues(JSONValue.double)) { _, new in new }
        members["timings_ms"] = .object(timings)
        metadata = .object(members)
    }
}
