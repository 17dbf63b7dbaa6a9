/// Which ids a search may answer with: those that meet every condition. Without conditions, all.
public struct SearchFilter: Sendable, Hashable {
    public enum Condition: Sendable, Hashable {
        /// The id has one of these labels.
        case labeled(Set<Label>)
        /// The id has none of these labels.
        case unlabeled(Set<Label>)
        /// The id is one of these.
        case ids(Set<UInt64>)
        /// The id is none of these.
        case otherIDs(Set<UInt64>)
    }

    public var conditions: [Condition]

    public init(_ conditions: Condition...) { self.conditions = conditions }

    public init(_ conditions: [Condition]) { self.conditions = conditions }

    /// Ids whose field has one of the values.
    public static func field(_ field: String, _ values: String...) -> SearchFilter {
        SearchFilter(.labeled(Set(values.map { Label(field, $0) })))
    }

    public func and(_ other: SearchFilter) -> SearchFilter { SearchFilter(conditions + other.conditions) }

    /// Whether an id with these labels meets every condition.
    func admits(_ id: UInt64, labels: [Label]) -> Bool {
        conditions.allSatisfy { condition in
            switch condition {
            case .labeled(let wanted): labels.contains { wanted.contains($0) }
            case .unlabeled(let unwanted): !labels.contains { unwanted.contains($0) }
            case .ids(let ids): ids.contains(id)
            case .otherIDs(let ids): !ids.contains(id)
            }
        }
    }
}
