/// Which rows of a list are wanted.
struct PageWindow: Sendable, Equatable {
    var offset: Int
    var limit: Int
}

/// Some rows of a list, and how many there are in all.
struct Page<Item: Sendable>: Sendable {
    var count: Int
    var items: [Item]
}
