import Logging

/// One session with a Postgres server, on a thread of its own. Statements of concurrent callers run one after another;
/// a transaction's statements are kept together only when one caller has the connection, as a pool ensures.
///
/// After a time-out or a cancellation the session is discarded: the server is told to cancel, and every further call
/// throws `.closed`.
public actor PostgresConnection {
    private nonisolated let thread: ConnectionThread
    nonisolated let session: LibPQSession
    public nonisolated let configuration: PostgresConfiguration
    private var hasTransaction = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens a session.
    /// - Parameters:
    ///   - onNotification: gets what LISTEN subscribed to, on the connection's thread, as it arrives.
    ///   - onClose: called at most once, when the session is found broken while nothing is asked of it.
    public static func connect(
        _ configuration: PostgresConfiguration, onNotification: (@Sendable (PostgresNotification) -> Void)? = nil,
        onClose: (@Sendable () -> Void)? = nil
    ) async throws(PostgresError) -> PostgresConnection {
        let thread = try ConnectionThread()
        let interruption = Interruption(thread.wake)
        let opened = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<LibPQSession, PostgresError>, Never>) in
                thread.perform {
                    continuation.resume(
                        returning: Result { () throws(PostgresError) in
                            let session = try LibPQSession.open(
                                configuration, wake: thread.wake, interruption: interruption)
                            session.onNotification = onNotification
                            thread.watch(session.socket) {
                                let lives = session.absorb()
                                if !lives { onClose?() }
                                return lives
                            }
                            return session
                        })
                }
            }
        } onCancel: {
            interruption.cancel()
        }
        do {
            return PostgresConnection(thread, try opened.get(), configuration)
        } catch {
            thread.stop()
            throw error
        }
    }

    private init(_ thread: ConnectionThread, _ session: LibPQSession, _ configuration: PostgresConfiguration) {
        self.thread = thread
        self.session = session
        self.configuration = configuration
    }

    deinit { thread.stop() }

    /// Runs a statement and returns its rows, all of them in memory.
    /// - Parameter timeout: instead of the configuration's `statementTimeout`.
    public func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> [PostgresRow] {
        try await perform(timeout) { session, bounds throws(PostgresError) in try session.run(sql, bounds).rows }
    }

    /// Runs a statement for its effect.
    /// - Returns: the number of rows inserted, updated, deleted or selected.
    @discardableResult
    public func execute(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Int {
        try await perform(timeout) { session, bounds throws(PostgresError) in try session.run(sql, bounds).rowsAffected
        }
    }

    /// Runs several statements in one round trip, one after another, and returns the rows of each. Outside a transaction
    /// they are one by themselves.
    /// - Throws: the first error; the statements after it have not run.
    public func queries(_ statements: [SQL], timeout: Duration? = nil) async throws(PostgresError) -> [[PostgresRow]] {
        try await perform(timeout) { session, bounds throws(PostgresError) in
            try session.runTogether(statements, bounds).map(\.rows)
        }
    }

    /// Runs text of several statements: for migrations and set-up only, since it takes no parameters.
    public func script(_ text: String, timeout: Duration? = nil) async throws(PostgresError) {
        _ = try await perform(timeout) { session, bounds throws(PostgresError) in try session.simple(text, bounds) }
    }

    /// Ends the session. Calls after it throw `.closed`.
    public func close() {
        thread.unwatch()
        session.finish()
    }

    /// The server's process that serves this session, as `pg_stat_activity.pid` shows it.
    public nonisolated var processID: Int32 { session.processID }

    /// Lets the statement that is under way fail as a lost connection, if it has been for that long.
    nonisolated func abandon(after time: Duration) { session.abandon(after: time) }

    /// Whether it can be lent to somebody else: alive, and not in a transaction.
    nonisolated var isReusable: Bool { session.isReusable }
    nonisolated var isBroken: Bool { session.isBroken }

    /// Runs blocking libpq work on this actor's thread, interruptible by cancellation and by time.
    func perform<Value: Sendable>(
        _ timeout: Duration? = nil, isShielded: Bool = false,
        _ work: (LibPQSession, LibPQSession.Bounds) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        try session.requireUsable()
        let interruption = isShielded ? nil : Interruption(thread.wake)
        let result: Result<Value, PostgresError> = await withTaskCancellationHandler {
            session.begin()
            let bounds = LibPQSession.Bounds(timeout ?? configuration.statementTimeout, interruption)
            return Result { () throws(PostgresError) in
                // Nothing was sent yet, so the session stays usable.
                if let interruption, interruption.isCancelled { throw .cancelled }
                return try work(session, bounds)
            }
        } onCancel: {
            interruption?.cancel()
        }
        session.settle()
        if session.isBroken { discard() }
        return try result.get()
    }

    /// Runs work on this connection's thread, after what is queued there. For whoever has the connection to themselves.
    nonisolated func onThread(_ work: @escaping @Sendable (LibPQSession) -> Void) {
        thread.perform { [session] in work(session) }
    }

    /// Gives the session up without keeping the caller waiting for the server's consent.
    nonisolated func discard() {
        thread.unwatch()
        thread.perform { [session] in session.cancelAndFinish() }
    }

    func enterTransaction() throws(PostgresError) {
        guard !hasTransaction else {
            throw PostgresError(
                .misuse, "a transaction is already open here; pass its connection on instead of nesting")
        }
        hasTransaction = true
    }

    func leaveTransaction() { hasTransaction = false }
}
