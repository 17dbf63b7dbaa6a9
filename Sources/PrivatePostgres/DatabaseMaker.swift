import Foundation

/// Makes databases in a running server with PostgreSQL's own `createdb`, so that no SQL is built here.
public struct DatabaseMaker: Sendable {
    public var binariesDirectory: String

    public init(binariesDirectory: String = PrivatePostgres.Configuration.defaultBinariesDirectory()) {
        self.binariesDirectory = binariesDirectory
    }

    /// - Parameters:
    ///   - template: the database to copy, with nobody connected to it; nil: an empty one.
    ///   - server: a libpq URI of any database on the server, as a role that may make databases.
    public func make(
        _ name: String, template: String? = nil, at server: String
    ) async throws(PrivatePostgresError) {
        let binaries = try PostgresBinaries(directory: binariesDirectory)
        // The password goes by the environment: arguments can be read by everyone on the machine.
        let (address, password) = Self.withoutPassword(Self.connectionString(server, database: "postgres"))
        var arguments = ["--no-password", "--maintenance-db=\(address)"]
        if let template { arguments.append("--template=\(template)") }
        let outcome = try await ChildProcess(account: nil).run(
            binaries.program("createdb"), arguments + [name],
            environment: password.map { ["PGPASSWORD": $0] } ?? [:])
        guard outcome.succeeded else {
            throw PrivatePostgresError(
                .databaseNotMade, "The database \(name) could not be made.", cause: outcome.output)
        }
    }

    /// The same server's URI with another database.
    public static func connectionString(_ server: String, database: String) -> String {
        guard var parts = URLComponents(string: server) else { return server }
        parts.path = "/\(database)"
        return parts.string ?? server
    }

    /// A URI and the password that was in it (percent-decoded).
    static func withoutPassword(_ server: String) -> (String, String?) {
        guard var parts = URLComponents(string: server), let password = parts.password else { return (server, nil) }
        parts.password = nil
        return (parts.string ?? server, password)
    }
}
