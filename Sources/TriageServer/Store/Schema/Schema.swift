import Postgres

/// The database's shape: every migration there ever was, in order. An applied one is never edited.
package enum Schema {
    /// Whose rights the program works with: no table is this role's, so row-level security holds for it. Made by the
    /// migration `tenancy`.
    package static let applicationRole = "nexify_app"

    package static let migrations: [Migration] = [
        initial, indexChanges, tenancy, identity, administration, streamAndTallies,
        searchKeys,
    ]
}
