import FoundationEssentials
import JobQueue
import Triage

extension JobKind {
    /// One attempt at one suggestion.
    static let triage = JobKind("triage")
    /// Embedding what an index serves and has no vector yet.
    static let embed = JobKind("embed")
}

/// What a triage job carries: ids only, so that it reads the ticket as it is when it runs.
struct TriageJobPayload: Codable, Equatable {
    var jobRun: JobRunID
    var ticket: TicketID

    enum CodingKeys: String, CodingKey {
        case jobRun = "job_run_id"
        case ticket = "ticket_id"
    }

    var json: String { "{\"job_run_id\": \(jobRun), \"ticket_id\": \(ticket)}" }
}

/// What an embedding job carries.
struct EmbedJobPayload: Codable, Equatable {
    var kind: String

    init(_ kind: IndexKind) { self.kind = kind.rawValue }

    var json: String { "{\"kind\": \"\(kind)\"}" }
}

extension NewJob {
    /// Embeds the rows of an index that have no vector yet. Two that wait would do the same work, so one waits.
    static func embed(_ kind: IndexKind, of organization: OrganizationID) -> NewJob {
        NewJob(
            kind: .embed, organizationID: organization.rawValue, payload: EmbedJobPayload(kind).json,
            uniqueKey: "embed:\(organization):\(kind.rawValue)")
    }
}
