import Foundation

/// What readers saw while generations were swapped.
struct SwapFigures: Sendable {
    var answers = 0
    /// What was wrong with answers.
    var faults: [String] = []
    private(set) var generations: Set<UInt64> = []
    private(set) var states: Set<[UInt64]> = []
    private(set) var families: Set<UInt64> = []
    var isDelayChecked = true
    /// The times, less those of waiting for a processor, of answers for which a thread gave up its processor of its own accord
    /// and that took more than `delayMin`: something held them up.
    private(set) var delays: [Duration] = []
    private(set) var longest = Duration.zero
    private(set) var longestOwn = Duration.zero
    /// Answers for which a thread gave up its processor of its own accord.
    private(set) var waits = 0
    private(set) var longestWait = Duration.zero

    private static let delayMin = Duration.milliseconds(10)

    mutating func saw(_ snapshot: UInt64, _ version: UInt64) {
        generations.insert(snapshot)
        states.insert([snapshot, version])
        families.insert(UInt64(SwapPlan.family(snapshot)))
    }

    mutating func note(_ after: ThreadWatch.Reading, since before: ThreadWatch.Reading) {
        let took = after.time - before.time
        let own = took - (after.queued - before.queued)
        longest = max(longest, took)
        longestOwn = max(longestOwn, own)
        guard after.givenUp > before.givenUp else { return }
        waits += 1
        longestWait = max(longestWait, own)
        if own > Self.delayMin { delays.append(own) }
    }

    mutating func add(_ other: SwapFigures) {
        answers += other.answers
        faults += other.faults
        generations.formUnion(other.generations)
        states.formUnion(other.states)
        families.formUnion(other.families)
        isDelayChecked = isDelayChecked && other.isDelayChecked
        delays += other.delays
        longest = max(longest, other.longest)
        longestOwn = max(longestOwn, other.longestOwn)
        waits += other.waits
        longestWait = max(longestWait, other.longestWait)
    }
}

/// What the system knows of the thread that asks: so that a machine with more threads than processors does not count as
/// a search that had to wait.
///
/// For one thread, the one that made it.
final class ThreadWatch {
    struct Reading {
        var time: ContinuousClock.Instant
        /// Waiting for a processor, so far.
        var queued: Duration
        /// How often the thread has given up its processor of its own accord: to wait for a lock, say.
        var givenUp: Int
    }

    private let descriptor: CInt

    /// - Returns: nil when the system does not tell.
    init?() {
        descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard now() != nil else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func now() -> Reading? {
        var usage = rusage()
        // 1 is RUSAGE_THREAD, which the C library's header hides.
        guard getrusage(1, &usage) == 0 else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { text in
            let count = pread(descriptor, text.baseAddress, text.count, 0)
            guard count > 0 else { return nil }
            // Nanoseconds on a processor, nanoseconds waiting for one, and how often.
            let numbers = text[..<count].split(separator: UInt8(ascii: " "))
            guard numbers.count == 3 else { return nil }
            let queued = numbers[1].reduce(Int64(0)) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
            return Reading(time: .now, queued: .nanoseconds(queued), givenUp: usage.ru_nvcsw)
        }
    }
}
