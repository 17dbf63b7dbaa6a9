/// Why the private PostgreSQL could not be started or stopped, and what the operator can do about it.
public struct PrivatePostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The programs are not where they should be.
        case binariesMissing
        /// The programs are there but do not run on this system or under this account.
        case binariesUnusable
        /// We are root and find no unprivileged account, or may not become it.
        case accountUnusable
        case permissionDenied
        case diskFull
        /// Another server of ours holds the data directory.
        case dataDirectoryInUse
        /// The note in the data directory names a place that is not there.
        case dataMissing
        /// Something that is not a PostgreSQL cluster stands where the cluster should be.
        case notACluster
        /// The cluster was made by another major version.
        case otherMajorVersion
        case portInUse
        case initialisationFailed
        case startFailed
        case startTimedOut
        /// The server runs, but a database could not be made in it.
        case databaseNotMade
        case stopTimedOut
        case cancelled
        /// A file operation failed for a reason without a code of its own.
        case fileSystem
    }

    public var code: Code
    /// One or two sentences: what happened, and the remedy.
    public var message: String
    /// What the system or PostgreSQL said: an errno's text, or the tail of a log.
    public var cause: String?

    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        guard let cause, !cause.isEmpty else { return message }
        return "\(message)\n\(cause)"
    }
}
