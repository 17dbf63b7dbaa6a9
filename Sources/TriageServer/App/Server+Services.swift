import CMalloc
import JobQueue
import Logging
import ServiceLifecycle

// What a process does all the time, each as a service.

/// The index keeper as a service.
struct KeeperService: Service {
    let keeper: IndexKeeper

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await keeper.run()
        } onCancelOrGracefulShutdown: { [keeper] in
            keeper.stop()
        }
    }
}

/// A job worker as a service: on shutdown it drains, and gives back uncharged what it cannot finish.
struct WorkerService: Service {
    let worker: JobWorker

    func run() async throws {
        // To the worker, being cancelled is the shutdown.
        try await cancelWhenGracefulShutdown { try await worker.run() }
    }
}

/// Removes what is over: jobs that were done long ago, what indexes have taken over long since, expired refresh tokens,
/// failed sign-ins that count no more.
struct PruningService: Service {
    /// How long a job that is done stays to be looked at.
    static let completedJobsKept = Duration.seconds(7 * 86_400)
    static let interval = Duration.seconds(3_600)

    let queue: JobQueue
    let log: IndexChangeLog
    let stream: StreamStore
    let refreshTokens: RefreshTokenStore
    let signInFailures: SignInFailureStore

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    while try await queue.prune(completedBefore: Self.completedJobsKept) > 0 {}
                    try await log.prune()
                    try await stream.prune()
                    try await refreshTokens.prune()
                    try await signInFailures.prune()
                } catch {
                    Logger(label: "nexify.jobs").warning("old rows not removed", metadata: ["error": "\(error)"])
                }
            } while (try? await ContinuousClock().sleep(for: Self.interval)) != nil
        }
    }
}

/// Adds up the differences that writers leave for the counts, so that a count reads few of them.
struct FoldingService: Service {
    static let interval = Duration.seconds(2)

    let dashboard: DashboardStore

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    try await dashboard.fold()
                } catch {
                    Logger(label: "nexify.jobs").debug(
                        "counts not folded", metadata: ["error": .string(StoreAvailability.loggable(error))])
                }
            } while (try? await ContinuousClock().sleep(for: Self.interval)) != nil
        }
    }
}

/// The event streams' hub as a service.
struct StreamService: Service {
    let hub: StreamHub

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await hub.run()
        } onCancelOrGracefulShutdown: { [hub] in
            Task { await hub.stop() }
        }
    }
}

/// HTTP as a service, on NIO's threads; see `LoopTaskExecutor`.
struct LoopService<HTTP: Service>: Service {
    let service: HTTP

    func run() async throws {
        try await withTaskExecutorPreference(LoopTaskExecutor.shared) { try await service.run() }
    }
}

/// The requests' deadlines as a service; it outlives HTTP, whose last requests it still bounds.
struct DeadlineService: Service {
    let deadlines: Deadlines

    func run() async throws { await cancelWhenGracefulShutdown { await deadlines.run() } }
}

/// Watches whether the database answers.
struct ProbingService: Service {
    let health: DatabaseHealth

    func run() async throws { await cancelWhenGracefulShutdown { await health.watch() } }
}

/// Gives memory back to the system that a burst of work has left with the allocator.
struct TrimmingService: Service {
    static let interval = Duration.seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await ContinuousClock().sleep(for: Self.interval)) != nil { malloc_trim(0) }
        }
    }
}
