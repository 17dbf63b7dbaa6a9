import Postgres

/// The database's shape: every migration there ever was, in order. An applied one is never edited.
package enum Schema {
    package static let migrations: [Migration] = [initial, indexChanges, identity]
}
