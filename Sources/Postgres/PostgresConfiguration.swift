/// Where a Postgres server is and what a client of it may spend: connections, time and prepared statements.
public struct PostgresConfiguration: Sendable {
    /// A libpq URL (`postgresql://user@host/db?…`) or conninfo (`host=/run/pg dbname=nexify`). May hold a password, so
    /// it never appears in an error or a log line.
    public var connectionString: String
    /// What `pg_stat_activity` shows, unless the connection string names another.
    public var applicationName: String

    /// The role that sessions take on (SET ROLE), so that they have its rights and not those of who connects; nil keeps
    /// the latter.
    public var role: String?

    /// Further settings of each session, by their names.
    public var settings: [String: String]

    /// How long opening one connection may take, from the first packet to being ready for a query.
    public var connectTimeout: Duration
    /// How long one statement may take from its sending to its last row. Past it the server is asked to cancel the
    /// statement, the connection is discarded and the caller gets `.timedOut`. Calls may ask for another bound.
    public var statementTimeout: Duration
    /// How long a statement may wait for a row or table that another transaction holds; nil is as long as the statement
    /// may take.
    public var lockTimeout: Duration?
    /// After how long the server itself ends a session that sits in an open transaction without a statement.
    public var idleInTransactionTimeout: Duration
    /// After how long unacknowledged data means that the server's host is gone (TCP only).
    public var deadPeerTimeout: Duration

    /// The largest number of connections that a pool opens.
    public var poolSizeMax: Int
    /// The largest number of callers that may wait for a connection; one more fails with `.poolExhausted` at once.
    public var waitersMax: Int
    /// How long a caller waits for a connection before `.poolExhausted` (or `.connectionFailed` without a server).
    public var acquireTimeout: Duration
    /// How long a connection may lie unused before the pool closes it.
    public var idleMax: Duration
    /// How old a connection may grow before the pool replaces it, so that fail-overs and leaks do not last.
    public var lifetimeMax: Duration

    /// How many prepared statements a connection keeps, least recently used first out. 0 prepares none, as poolers that
    /// share a server connection between transactions require.
    public var preparedStatementsMax: Int

    public init(
        connectionString: String, applicationName: String = "nexify", role: String? = nil,
        settings: [String: String] = [:], connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(30), lockTimeout: Duration? = nil,
        idleInTransactionTimeout: Duration = .seconds(60),
        deadPeerTimeout: Duration = .seconds(15), poolSizeMax: Int = 10, waitersMax: Int = 1_000,
        acquireTimeout: Duration = .milliseconds(1_500), idleMax: Duration = .seconds(300),
        lifetimeMax: Duration = .seconds(3_600), preparedStatementsMax: Int = 256
    ) {
        precondition(poolSizeMax > 0, "a pool needs at least one connection")
        precondition(waitersMax >= 0 && preparedStatementsMax >= 0, "bounds cannot be negative")
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.role = role
        self.settings = settings
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.deadPeerTimeout = deadPeerTimeout
        self.poolSizeMax = poolSizeMax
        self.waitersMax = waitersMax
        self.acquireTimeout = acquireTimeout
        self.idleMax = idleMax
        self.lifetimeMax = lifetimeMax
        self.preparedStatementsMax = preparedStatementsMax
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a small bound never becomes none.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
