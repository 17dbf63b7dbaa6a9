import Triage

/// Names one index.
struct IndexKey: Hashable, Sendable, CustomStringConvertible {
    var organization: OrganizationID
    var kind: IndexKind

    var description: String { "organization-\(organization)/\(kind.rawValue)" }
}
