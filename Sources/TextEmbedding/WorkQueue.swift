import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Numbered pieces of work, each given to exactly one of the threads that ask.
///
/// Plain threads rather than tasks: the work is arithmetic without a pause, and Swift's shared executor has to stay
/// free for the server's requests.
final class WorkQueue: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int

    private init(count: Int) { self.count = count }

    /// Runs `work` once for each number below `count` on up to `threads` threads, the caller's among them, and
    /// returns when all is done. When the system refuses a thread, the others do its work.
    static func run(count: Int, threads: Int, _ work: @Sendable (Int) -> Void) {
        let queue = WorkQueue(count: count)
        withoutActuallyEscaping(work) { work in
            let others = (1..<max(1, min(threads, count))).compactMap { _ in Thread { queue.drain(work) } }
            queue.drain(work)
            for thread in others { thread.join() }
        }
    }

    private func drain(_ work: (Int) -> Void) {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count else { return }
            work(number)
        }
    }
}

/// A POSIX thread that is always joined.
private struct Thread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let handle: pthread_t

    init?(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        #if canImport(Darwin)
            var created: pthread_t?
        #else
            var created = pthread_t()
        #endif
        let status = pthread_create(
            &created, nil,
            { argument in
                #if canImport(Darwin)
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                #else
                    if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                #endif
                return nil
            }, body.toOpaque())
        guard status == 0 else {
            body.release()
            return nil
        }
        #if canImport(Darwin)
            guard let created else { return nil }
        #endif
        handle = created
    }

    func join() { pthread_join(handle, nil) }
}
