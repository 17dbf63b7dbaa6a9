/// What has become of an id since a snapshot was built.
public enum IndexChange: Sendable {
    /// It is there, with this vector, whether or not it was before.
    case set(id: UInt64, vector: [Float], labels: [Label] = [])
    /// It is gone: a tombstone.
    case remove(id: UInt64)

    public var id: UInt64 {
        switch self {
        case .set(let id, _, _), .remove(let id): id
        }
    }
}
