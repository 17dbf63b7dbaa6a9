import Foundation

/// The unprivileged account that PostgreSQL runs as when we are root, because it refuses to run as root.
struct ServiceAccount: Sendable, Equatable {
    var name: String
    var userID: uid_t
    var groupID: gid_t

    /// In order of preference: one made for us, one made for PostgreSQL, one that is everywhere.
    static let names = ["nexify", "postgres", "nobody"]

    /// The account to change to; nil when this process is not root and simply stays who it is.
    static func forThisProcess() throws(PrivatePostgresError) -> ServiceAccount? {
        guard geteuid() == 0 else { return nil }
        for name in names {
            guard let entry = getpwnam(name)?.pointee, entry.pw_uid != 0 else { continue }
            return ServiceAccount(name: name, userID: entry.pw_uid, groupID: entry.pw_gid)
        }
        throw PrivatePostgresError(
            .accountUnusable,
            "PostgreSQL does not run as root, and none of the accounts \(names.joined(separator: ", ")) exists. "
                + "Make one (useradd --system nexify), start as an ordinary user, or set DATABASE_URL.")
    }

    /// The name of the account that this process runs as.
    static func nameOfThisProcess() -> String {
        guard let entry = getpwuid(geteuid())?.pointee, let name = entry.pw_name else { return "user \(geteuid())" }
        return String(cString: name)
    }
}
