import ArgumentParser

/// Which rows of which database: on every command that reads Postgres.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp("The database to read from; DATABASE_URL when not given.", valueName: "url"))
    var databaseURL: String?

    @Option(help: ArgumentHelp("The organisation's number.", valueName: "number"))
    var organization: Int64?

    @Option(help: "Which rows: kb (passages of the knowledge base) or decided (decided tickets).")
    var kind: PostgresSource.Kind?

    var areGiven: Bool { databaseURL != nil || organization != nil || kind != nil }

    /// What all three say together.
    ///
    /// - Parameter purpose: what to say when organisation or kind is missing.
    func source(_ purpose: String) throws -> PostgresSource.Place {
        guard let organization, let kind else { throw ValidationError(purpose) }
        guard let url = databaseURL ?? Environment.value("DATABASE_URL") else {
            throw ValidationError("No database is named: give --database-url or set DATABASE_URL.")
        }
        return PostgresSource.Place(url: url, organization: organization, kind: kind)
    }
}
