import HTTPTypes
import Triage

/// What the routes of triage and of suggestions tell of themselves.
extension Operation {
    static let triggerTriage = Operation(
        "triggerTriage", .triage, "Ask for a suggestion",
        details: "The job is durable once this is answered. The body is any object; it is part of what the "
            + "Idempotency-Key names.",
        parameters: [.idempotencyKey, .wait], body: Body(.object([]), isRequired: false),
        answers: [
            Answer(.accepted, "The job was created", .ref("JobRun")),
            .ok(.ref("JobRun"), "The same key came before: that request's job"),
            .error(.conflict, "The first request with this key is still in flight"),
            .error(.unprocessableContent, "The same key came before with another body"),
        ])

    static let readJobRun = Operation(
        "readJobRun", .triage, "How far a job is", parameters: [.wait], answers: [.ok(.ref("JobRun"), "The job")])

    static let listSuggestions = Operation(
        "listSuggestions", .suggestions, "A ticket's suggestions, newest first", parameters: .paging,
        answers: [.page(of: .ref("Suggestion"))])

    static let readSuggestion = Operation(
        "readSuggestion", .suggestions, "Read a suggestion", answers: [.ok(.ref("Suggestion"), "The suggestion")])

    static let editSuggestion = Operation(
        "editSuggestion", .suggestions, "Edit a pending suggestion",
        details: "Agents edit `draft_reply`, admins also priority and team.",
        body: Body(
            .object([
                .optional("draft_reply", .text(SuggestionRoutes.draft)),
                .optional("suggested_priority", .choice(Ticket.Priority.self)),
                .optional("suggested_team", .text(SuggestionRoutes.team).nullable),
            ]), isRequired: false),
        answers: [
            .ok(.ref("Suggestion"), "The suggestion as it is now"), .error(.conflict, "It has been decided already"),
        ])

    static let approveSuggestion = Operation(
        "approveSuggestion", .suggestions, "Accept a suggestion and apply it to its ticket",
        details: "Edits are applied and recorded. The same approval again changes nothing and is answered with 200.",
        body: Body(
            .object([
                .optional("suggested_priority", .choice(Ticket.Priority.self)),
                .optional("suggested_team", .text(SuggestionRoutes.team).nullable),
                .optional("draft_reply", .text(SuggestionRoutes.draft)),
                .optional(
                    "fields",
                    .array(of: .choice(ApprovalEdits.Field.self)).described("Which to apply; all when left out")),
                .optional(
                    "force", .boolean.described("Apply it even where a person has changed the ticket since")),
            ]), isRequired: false),
        answers: [
            .ok(.ref("Suggestion"), "Accepted"),
            Answer(
                .conflict, "It was decided otherwise already, or a person has changed the ticket since",
                .ref("Conflict")),
        ])

    static let rejectSuggestion = Operation(
        "rejectSuggestion", .suggestions, "Reject a suggestion",
        details: "What would have been right is applied to the ticket and learnt from.",
        body: Body(
            .object([
                .optional("reason", .text(SuggestionRoutes.reason)),
                .optional("correct_team", .text(SuggestionRoutes.team)),
                .optional("correct_priority", .choice(Ticket.Priority.self)),
            ]), isRequired: false),
        answers: [.ok(.ref("Suggestion"), "Rejected"), .error(.conflict, "It was decided otherwise already")])
}
