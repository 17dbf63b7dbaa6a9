import Glibc
import Synchronization
import VectorIndex

/// Builds generation after generation of a small index, as a program of its own: so that it can be killed by the signal
/// that leaves no time for anything, and can run as another user.
///
///     FaultyBuilder PATH GENERATION [kill N] [user ID] [bytes N] [fault N] [places N] [times N]
///
/// `kill N` ends the process before the N-th call of the operating system that the build makes; `bytes N` lets no file grow
/// beyond N; `fault` reads a missing page of another file while an index is mapped, without a handler of its own (1) or with
/// one that exits with 42 (2); `places` takes so many of
/// the guard's places and says how an opening goes then, and after one place is free again. It prints the number of calls when it is done, or the error's code and the system's error number.
@main
enum FaultyBuilder {
    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.popFirst(), let generation = arguments.popFirst().flatMap({ UInt64($0) }) else {
            fatalError("FaultyBuilder PATH GENERATION [kill N] [user ID] [bytes N] [fault N] [places N] [times N]")
        }
        var killedAt = Int.max
        var times = 1
        var fault = 0
        var places = 0
        while let option = arguments.popFirst(), let value = arguments.popFirst().flatMap({ Int($0) }) {
            switch option {
            case "kill": killedAt = value
            case "times": times = value
            case "fault": fault = value
            case "places": places = value
            case "user":
                guard setgroups(0, nil) == 0, setgid(gid_t(value)) == 0, setuid(uid_t(value)) == 0 else {
                    fatalError("cannot become user \(value)")
                }
            case "bytes":
                // Without the signal the call fails, as it does on a full disk.
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
                guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                    fatalError("cannot limit files to \(value) bytes")
                }
            default: fatalError("no option \(option)")
            }
        }
        if places > 0 { return GuardPlaces.take(places, beside: path) }
        if fault > 0 { BusError.meet(beside: path, hasHandler: fault > 1) }
        let last = killedAt
        let counted = Count()
        do {
            let fault = SystemFault { _ in
                if counted.add() == last { kill(getpid(), SIGKILL) }
                return nil
            }
            try SystemFault.$injected.withValue(fault) {
                for i in 0..<times { try Generation(generation + UInt64(i)).write(to: path) }
            }
            print(counted.number.load(ordering: .relaxed))
        } catch let error as VectorIndexError {
            print(error.code.rawValue, error.systemError ?? 0)
            exit(1)
        } catch {
            fatalError("\(error)")
        }
    }
}

/// How many calls there were.
private final class Count: Sendable {
    let number = Atomic<Int>(0)

    func add() -> Int { number.add(1, ordering: .relaxed).newValue }
}

/// An index whose source version, ids and vectors say which generation it is, so that a mixed file would show.
struct Generation {
    private let number: UInt64

    init(_ number: UInt64) { self.number = number }

    func write(to path: String) throws(VectorIndexError) {
        var random = SplitMix64(seed: number)
        var builder = SnapshotBuilder(
            dimensions: 8, metric: .cosine,
            parameters: BuildParameters(efConstruction: 16, exactScanMax: 0, threads: 1, sourceVersion: number))
        for i in 0..<40 as Range<UInt64> {
            let vector = (0..<8).map { _ in Float(random.next(below: 1_000)) - 499.5 }
            try builder.add(id: 1_000 * number + i, vector: vector)
        }
        try builder.write(to: path)
    }
}
