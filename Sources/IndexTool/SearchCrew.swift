import Glibc
import Synchronization
import VectorIndex

/// Threads that do disjoint shares of one piece of work at once, timed together.
enum SearchCrew {
    /// Calls `body(thread)` on each thread, and waits for all.
    ///
    /// - Returns: seconds from the moment that all threads were ready until the last was done.
    static func run(threads: Int, _ body: @escaping @Sendable (Int) -> Void) -> Double {
        let clock = ContinuousClock()
        guard threads > 1 else {
            let started = clock.now
            body(0)
            return Text.seconds(clock.now - started)
        }
        let gate = Gate()
        var handles: [pthread_t] = []
        var notStarted: [Int] = []
        for thread in 1..<threads {
            var handle = pthread_t()
            let context = Unmanaged.passRetained(Post(gate: gate, thread: thread, body: body))
            let status = pthread_create(
                &handle, nil,
                { context in
                    let post = Unmanaged<Post>.fromOpaque(context!).takeRetainedValue()
                    post.gate.pass()
                    post.body(post.thread)
                    return nil
                }, context.toOpaque())
            if status == 0 {
                handles.append(handle)
            } else {
                context.release()
                notStarted.append(thread)
            }
        }
        gate.waitForArrivals(handles.count)
        let started = clock.now
        gate.open()
        body(0)
        // Without a thread of its own a share is done here, late: the time says so.
        for thread in notStarted { body(thread) }
        for handle in handles { pthread_join(handle, nil) }
        return Text.seconds(clock.now - started)
    }

    private final class Post: Sendable {
        let gate: Gate
        let thread: Int
        let body: @Sendable (Int) -> Void

        init(gate: Gate, thread: Int, body: @escaping @Sendable (Int) -> Void) {
            self.gate = gate
            self.thread = thread
            self.body = body
        }
    }

    /// Threads wait here until all have come, so that starting them is not part of the time.
    private final class Gate: Sendable {
        private let arrived = Atomic<Int>(0)
        private let isOpen = Atomic<Bool>(false)

        func pass() {
            arrived.add(1, ordering: .releasing)
            while !isOpen.load(ordering: .acquiring) { sched_yield() }
        }

        func waitForArrivals(_ count: Int) {
            while arrived.load(ordering: .acquiring) < count { sched_yield() }
        }

        func open() { isOpen.store(true, ordering: .releasing) }
    }
}
