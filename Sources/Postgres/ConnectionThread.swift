import Glibc
import Synchronization

/// The thread that one connection lives on: its actor's executor, and, while there is nothing to do, the one who
/// notices that the server sent something (a notification) or closed the socket.
///
/// `@unchecked Sendable`: all state is inside the mutex.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    /// A socket to look at while idle. The closure says whether to go on looking.
    private struct Watch: Sendable {
        var socket: Int32
        var onReadable: @Sendable () -> Bool
    }

    private struct State {
        var work: [Work] = []
        var isAsleep = false
        var isStopped = false
        var watch: Watch?
    }

    private let state = Mutex(State())
    let wake: WakePipe

    /// Bytes of stack; what runs here is this module's own code and parsing, which is shallow.
    private static let stackBytes = 1 << 20

    init() throws(PostgresError) {
        wake = try WakePipe()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<ConnectionThread>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw PostgresError(
                .connectionFailed,
                "no thread could be started (errno \(status)); lower the pool's size or raise ulimit -u")
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Runs a closure after what is already queued.
    func perform(_ closure: @escaping @Sendable () -> Void) {
        add(.closure(closure))
    }

    func watch(_ socket: Int32, onReadable: @escaping @Sendable () -> Bool) {
        state.withLock { $0.watch = Watch(socket: socket, onReadable: onReadable) }
        wake.signal()
    }

    func unwatch() {
        let watch = state.withLock { state in
            defer { state.watch = nil }
            return state.watch
        }
        // Released here and not under the lock, for it may own the session.
        _ = consume watch
    }

    /// Ends the thread once its queue is empty.
    func stop() {
        unwatch()
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    private func add(_ work: Work) {
        let mustWake = state.withLock { state in
            state.work.append(work)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wake.signal() }
    }

    private func run() {
        var batch: [Work] = []
        while true {
            let (isStopped, watch) = state.withLock { state in
                swap(&batch, &state.work)
                state.isAsleep = batch.isEmpty
                return (state.isStopped, state.watch)
            }
            guard batch.isEmpty else {
                for work in batch {
                    switch work {
                    case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                    case .closure(let closure): closure()
                    }
                }
                batch.removeAll(keepingCapacity: true)
                continue
            }
            if isStopped { return }
            sleep(watching: watch)
        }
    }

    private func sleep(watching watch: Watch?) {
        var polled = [
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watch?.socket ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, 2, -1) > 0 else { return }
        if polled[0].revents != 0 { wake.drain() }
        if polled[1].revents != 0, let watch, !watch.onReadable() { unwatch() }
    }
}
