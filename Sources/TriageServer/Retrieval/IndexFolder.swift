import Triage

/// Where each organisation's index files lie: `<folder>/organization-<id>/<kind>.nxi`.
struct IndexFolder: Sendable {
    static let fileExtension = "nxi"

    let path: String

    func directory(of organization: OrganizationID) -> String { "\(path)/organization-\(organization)" }

    func file(_ kind: IndexKind, of organization: OrganizationID) -> String {
        "\(directory(of: organization))/\(kind.rawValue).\(Self.fileExtension)"
    }
}
