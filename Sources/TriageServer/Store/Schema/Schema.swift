import Postgres

/// The database's shape: every migration there ever was, in order. An applied one is never edited.
enum Schema {
    static let migrations: [Migration] = [initial]
}
