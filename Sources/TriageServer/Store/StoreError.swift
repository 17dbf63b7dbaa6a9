import Triage

/// Why a store refused. What HTTP status that becomes is HTTP's business.
enum StoreError: Error, Equatable {
    /// No such row, or another organisation's: the caller cannot tell which.
    case notFound
    /// The row has changed since the version that the caller saw.
    case versionMismatch
    case unknownTeam(String)
    case alreadyDecided(as: Suggestion.Status)
    /// The same decision, but with other values than those it was taken with.
    case decidedOtherwise(as: Suggestion.Status)
    /// A person changed these fields of the ticket after the suggestion was made.
    case ticketChanged(fields: [String])
    /// The same Idempotency-Key came with another request.
    case idempotencyKeyReused
    case duplicate(field: String)
}
