import NIOCore
import NIOPosix

/// Runs the requests' tasks on NIO's own threads. A request comes in on one of them and its answer goes out on it, so that
/// a handler which stays there costs no thread a wake-up; on the common pool each request costs three.
///
/// What computes for long does not belong here: it would keep the loop's other connections waiting.
final class LoopTaskExecutor: TaskExecutor {
    /// Goes on on the loop whose thread makes the task runnable; what any other thread wakes goes on on any loop.
    static let shared = LoopTaskExecutor(loop: nil)

    /// Goes on on the calling thread's loop, whoever wakes the task: the one of the connection, while its request is read.
    static var current: LoopTaskExecutor {
        MultiThreadedEventLoopGroup.currentEventLoop.flatMap { ofLoops[ObjectIdentifier($0)] } ?? shared
    }

    private static let loops = MultiThreadedEventLoopGroup.singleton
    private static let ofLoops = Dictionary(
        uniqueKeysWithValues: loops.makeIterator().map { (ObjectIdentifier($0), LoopTaskExecutor(loop: $0)) })

    private let loop: (any EventLoop)?

    private init(loop: (any EventLoop)?) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let loop = loop ?? MultiThreadedEventLoopGroup.currentEventLoop ?? Self.loops.any()
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
