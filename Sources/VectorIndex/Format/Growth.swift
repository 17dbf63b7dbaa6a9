/// How far a graph has grown since it was built as a whole.
public struct Growth: Sendable, Equatable {
    /// Nodes that came.
    public var added: Int
    /// Nodes that went.
    public var removed: Int
    /// Times that it was extended.
    public var generations: Int

    public init(added: Int = 0, removed: Int = 0, generations: Int = 0) {
        self.added = added
        self.removed = removed
        self.generations = generations
    }

    static let bytes = 24

    /// As GROW holds them.
    var numbers: [UInt64] { [UInt64(added), UInt64(removed), UInt64(generations)] }

    /// - Parameter section: of three numbers, as `SnapshotLayout` has checked.
    init(_ section: UnsafePointer<UInt64>) {
        added = Int(clamping: section[0])
        removed = Int(clamping: section[1])
        generations = Int(clamping: section[2])
    }

    /// After another extension. Counts of a damaged file may be as large as they like.
    func extended(added: Int, removed: Int) -> Growth {
        func sum(_ one: Int, _ other: Int) -> Int { Int(clamping: UInt64(one) + UInt64(other)) }
        return Growth(
            added: sum(self.added, added), removed: sum(self.removed, removed), generations: sum(generations, 1))
    }
}
