/// A pool's numbers at one moment.
public struct PostgresPoolStats: Sendable, Equatable {
    public var sizeMax: Int
    public var idle: Int
    public var leased: Int
    public var connecting: Int
    public var waiting: Int
    /// Connections lent since the pool was made.
    public var leasedTotal: Int
    /// Requests that got none since the pool was made.
    public var failedTotal: Int
    /// false from the first failure to connect until the next success.
    public var isReachable: Bool
}
