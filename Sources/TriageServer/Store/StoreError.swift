import Triage

/// Why a store refused. What HTTP status that becomes is HTTP's business.
enum StoreError: Error, Equatable {
    /// No such row, or another organisation's: the caller cannot tell which.
    case notFound
    /// Whoever asks may not any more, being this by now.
    case mayNot(AccessStore.Standing?)
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
    /// An earlier request with this Idempotency-Key has not ended yet.
    case requestInFlight
    /// The organisation has as many of these as it may.
    case tooMany(String, countMax: Int)
    /// What is to be deleted is referred to; by what, e.g. "3 tickets".
    case inUse(String, by: [String])
    /// The rule would point to no team and ask for no priority.
    case emptyRule
    /// No such user, or one that has never been a member here: the caller cannot tell which.
    case unknownUser(UserID)
    case alreadyMember
    /// The organisation would have no admin left who can sign in.
    case lastAdmin
}
