import NIOCore
import NIOPosix

/// Runs the requests' tasks on NIO's own threads. A request comes in on one of them and its answer goes out on it, so that
/// a handler which stays there costs no thread a wake-up; on the common pool each request costs three.
///
/// What computes for long does not belong here: it would keep the loop's other connections waiting.
final class LoopTaskExecutor: TaskExecutor {
    static let shared = LoopTaskExecutor()

    private let loops = MultiThreadedEventLoopGroup.singleton

    private init() {}

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The thread that makes the task runnable is, more often than not, the one of its connection.
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? loops.any()
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
