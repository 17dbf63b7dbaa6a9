import CLibPQ
import Glibc
import Synchronization

/// The owner of one `PGconn`: every call of libpq that moves data goes through here, non-blocking, with a deadline and
/// an interruption at each wait.
///
/// `@unchecked Sendable`: its methods run only on the thread of the connection that owns it; what other threads read
/// is atomic.
final class LibPQSession: @unchecked Sendable {
    /// What bounds one operation.
    struct Bounds {
        var what: StaticString
        var duration: Duration
        var deadline: ContinuousClock.Instant
        /// nil shields the operation from cancellation (COMMIT, ROLLBACK).
        var interruption: Interruption?

        init(_ duration: Duration, _ interruption: Interruption?, what: StaticString = "the statement") {
            self.what = what
            self.duration = duration
            self.interruption = interruption
            deadline = .now + duration
        }

        /// Something moved, so a stream's bound begins anew.
        mutating func renew() { deadline = .now + duration }
    }

    let pq: OpaquePointer
    private let wake: WakePipe
    var statements: StatementCache
    /// Receives what other sessions NOTIFY.
    var onNotification: (@Sendable (PostgresNotification) -> Void)?

    /// Set once the session can never be used again.
    private let broken = Atomic<Bool>(false)
    /// Whether the last operation left it outside a transaction.
    private let atRest = Atomic<Bool>(true)
    /// Since when an operation is under way, in nanoseconds of the monotonic clock; 0 while none is.
    private let busySince = Atomic<Int64>(0)
    /// The `busySince` of the operation that was given up by whoever has found out that the server does not answer.
    private let abandoned = Atomic<Int64>(-1)
    /// Closed for good: `PQfinish` has been called.
    private var isFinished = false

    /// Takes ownership of an open connection.
    init(_ pq: OpaquePointer, wake: WakePipe, statementsMax: Int) {
        self.pq = pq
        self.wake = wake
        statements = StatementCache(countMax: statementsMax)
        PQsetnonblocking(pq, 1)
    }

    deinit {
        if !isFinished { PQfinish(pq) }
    }

    var isBroken: Bool { broken.load(ordering: .acquiring) }
    /// Whether a pool may lend it to someone else.
    var isReusable: Bool { !isBroken && atRest.load(ordering: .acquiring) }
    var isInTransaction: Bool { PQtransactionStatus(pq) != PQTRANS_IDLE }
    var socket: Int32 { PQsocket(pq) }
    var processID: Int32 { PQbackendPID(pq) }

    /// Notes that an operation begins, or has been waited for already.
    func begin(waited: Duration = .zero) {
        busySince.store(Self.now - waited.milliseconds * 1_000_000, ordering: .releasing)
    }

    /// Lets the operation that is under way fail, if it has been for that long. From any thread.
    func abandon(after time: Duration) {
        let since = busySince.load(ordering: .acquiring)
        guard since > 0, Self.now - since >= time.milliseconds * 1_000_000 else { return }
        abandoned.store(since, ordering: .releasing)
        wake.signal()
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Notes how an operation left the session.
    func settle() {
        busySince.store(0, ordering: .releasing)
        atRest.store(PQtransactionStatus(pq) == PQTRANS_IDLE, ordering: .releasing)
        if PQstatus(pq) == CONNECTION_BAD { markBroken() }
        deliverNotifications()
    }

    func markBroken() {
        broken.store(true, ordering: .releasing)
    }

    func requireUsable() throws(PostgresError) {
        if isFinished || isBroken { throw .closed }
    }

    func finish() {
        guard !isFinished else { return }
        isFinished = true
        markBroken()
        PQfinish(pq)
    }

    /// Closes the session and asks the server to stop what it was running. The asking opens a connection of its own, which
    /// may wait for as long as the peer is silent, so it has a thread of its own: what is queued here goes on.
    func cancelAndFinish() {
        guard !isFinished else { return }
        let cancel = PQgetCancel(pq)
        finish()
        guard let cancel else { return }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { cancel in
                let cancel = OpaquePointer(cancel)
                var complaint = [CChar](repeating: 0, count: 256)
                // A refusal changes nothing: the session is closed, and the server notices that.
                _ = PQcancel(cancel, &complaint, Int32(complaint.count))
                PQfreeCancel(cancel)
                return nil
            }, UnsafeMutableRawPointer(cancel))
        if status != 0 { PQfreeCancel(cancel) }
    }

    /// Takes in what arrived while nothing was asked. Returns whether the session still lives.
    func absorb() -> Bool {
        guard !isFinished else { return false }
        guard PQconsumeInput(pq) == 1, PQstatus(pq) != CONNECTION_BAD else {
            markBroken()
            return false
        }
        // Parses it too, so that notifications become visible.
        _ = PQisBusy(pq)
        deliverNotifications()
        return true
    }

    private func deliverNotifications() {
        guard !isFinished, !isBroken else { return }
        while let raw = PQnotifies(pq) {
            let notification = PostgresNotification(
                channel: String(cString: raw.pointee.relname), payload: String(cString: raw.pointee.extra))
            PQfreemem(raw)
            onNotification?(notification)
        }
    }

    /// Waits until the socket is ready, time is up, or the operation is cancelled.
    /// - Returns: which of the events hold.
    func wait(for events: Int32, _ bounds: Bounds) throws(PostgresError) -> Int32 {
        var polled = (
            pollfd(fd: PQsocket(pq), events: Int16(events), revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
        )
        while true {
            if let interruption = bounds.interruption, interruption.isCancelled {
                markBroken()
                throw .cancelled
            }
            let left = bounds.deadline - .now
            if abandoned.load(ordering: .acquiring) == busySince.load(ordering: .relaxed) {
                markBroken()
                throw PostgresError(
                    .connectionFailed, "the server does not answer; the statement was given up, and may have been done")
            }
            guard left > .zero else {
                markBroken()
                throw .timedOut(bounds.what.description, after: bounds.duration)
            }
            let timeout_ms = Int32(clamping: left.milliseconds)
            let ready = withUnsafeMutableBytes(of: &polled) { bytes in
                poll(bytes.baseAddress!.assumingMemoryBound(to: pollfd.self), 2, timeout_ms)
            }
            guard ready > 0 else { continue }
            if polled.1.revents != 0 { wake.drain() }
            if polled.0.revents != 0 { return Int32(polled.0.revents) }
        }
    }

    /// Sends everything that libpq still holds back.
    func flush(_ bounds: Bounds) throws(PostgresError) {
        while true {
            switch PQflush(pq) {
            case 0: return
            case 1:
                // The server may refuse to read before we read, so both directions are watched.
                let ready = try wait(for: Int32(POLLIN) | Int32(POLLOUT), bounds)
                if ready & Int32(POLLIN) != 0, PQconsumeInput(pq) == 0 { throw brokenConnection() }
            default: throw brokenConnection()
            }
        }
    }

    /// The next result, or nil when the command is over.
    func nextResult(_ bounds: Bounds) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(pq) != 0 {
            _ = try wait(for: Int32(POLLIN), bounds)
            if PQconsumeInput(pq) == 0 { throw brokenConnection() }
        }
        return PQgetResult(pq)
    }

    /// The error of a connection that libpq has given up.
    func brokenConnection() -> PostgresError {
        markBroken()
        return PostgresError(
            .connectionFailed, "the connection to the server was lost (\(lastComplaint)); the pool opens another one")
    }

    /// libpq's last sentence in one line. It names hosts and files, never values or passwords.
    var lastComplaint: String {
        String(cString: PQerrorMessage(pq)).split(whereSeparator: \.isNewline)
            .map { $0.drop(while: { $0 == "\t" || $0 == " " }) }.joined(separator: " ")
    }
}
