import Glibc
import Synchronization

/// Runs one piece of work on several threads and waits for all of them.
struct Workers {
    let threads: Int

    init(threads: Int) { self.threads = max(1, threads) }

    /// Calls `body(worker, range)` for ranges that together are `0..<count`, in no particular order.
    ///
    /// What a call writes must be owned by its range, or by its worker (`0..<threads`): then the outcome is the same at
    /// any number of threads.
    func run(count: Int, chunk: Int, _ body: (Int, Range<Int>) -> Void) {
        guard count > 0 else { return }
        let pieces = (count + chunk - 1) / chunk
        let used = min(threads, pieces)
        guard used > 1 else { return body(0, 0..<count) }
        withoutActuallyEscaping(body) { body in
            let job = Job(count: count, chunk: chunk, body: body)
            var handles: [pthread_t] = []
            for worker in 1..<used {
                var handle = pthread_t()
                let context = Unmanaged.passRetained(Assignment(job: job, worker: worker))
                let status = pthread_create(
                    &handle, nil,
                    { context in
                        let assignment = Unmanaged<Assignment>.fromOpaque(context!).takeRetainedValue()
                        assignment.job.work(assignment.worker)
                        return nil
                    }, context.toOpaque())
                // Too few threads only cost time: the others take the work.
                if status == 0 { handles.append(handle) } else { context.release() }
            }
            job.work(0)
            for handle in handles { pthread_join(handle, nil) }
        }
    }

    /// `@unchecked Sendable`: `run` joins every thread before the closure's captures can change or go.
    private final class Job: @unchecked Sendable {
        private let count: Int
        private let chunk: Int
        private let body: (Int, Range<Int>) -> Void
        private let next = Atomic<Int>(0)

        init(count: Int, chunk: Int, body: @escaping (Int, Range<Int>) -> Void) {
            self.count = count
            self.chunk = chunk
            self.body = body
        }

        func work(_ worker: Int) {
            while true {
                let start = next.wrappingAdd(chunk, ordering: .relaxed).oldValue
                guard start < count else { return }
                body(worker, start..<min(start + chunk, count))
            }
        }
    }

    private final class Assignment {
        let job: Job
        let worker: Int

        init(job: Job, worker: Int) {
            self.job = job
            self.worker = worker
        }
    }
}
