import Synchronization
import VectorIndex

/// Measures an index at the settings of a sweep.
///
/// First each setting is searched once for its recall and its statistics, which also warms caches; then rounds over all
/// settings in turn, timed as wholes, so that a drift of the machine meets every setting; last one round with a clock
/// at each query, for the latencies.
struct BenchRun: Sendable {
    let snapshot: Snapshot
    let queries: [[Float]]
    /// What the answers must be of: the queries take them in turn; all ids when empty.
    let filters: [Selection]
    /// The true neighbours of each query.
    let truth: [Set<UInt64>]
    let k: Int
    let threads: Int
    private let scratches: [SearchScratch]

    init(
        snapshot: Snapshot, queries: [[Float]], filters: [Selection] = [], truth: [Set<UInt64>], k: Int, threads: Int
    ) {
        precondition(queries.count == truth.count && threads > 0)
        self.snapshot = snapshot
        self.queries = queries
        self.filters = filters
        self.truth = truth
        self.k = k
        self.threads = threads
        scratches = (0..<threads).map { _ in SearchScratch() }
    }

    func points(
        _ sweep: Sweep, rounds: Int, progress: (String, Int, Int) -> Void
    ) throws(VectorIndexError) -> [BenchPoint] {
        var points: [BenchPoint] = []
        let settings: [EffortSetting?] = snapshot.info.hasGraph ? sweep.settings : [nil]
        for (i, setting) in settings.enumerated() {
            progress("recall", i, settings.count)
            let point = try accuracy(setting)
            points.append(point)
            if sweep.ends(after: point) { break }
        }
        var qps = points.map { _ in [Double]() }
        for round in 0..<rounds {
            for (i, point) in points.enumerated() {
                progress("timing", round * points.count + i, rounds * points.count)
                qps[i].append(try queriesPerSecond(point.setting))
            }
        }
        for i in points.indices {
            progress("latencies", i, points.count)
            qps[i].sort()
            points[i].qps = Self.median(qps[i])
            points[i].qpsMin = qps[i].first ?? 0
            points[i].qpsMax = qps[i].last ?? 0
            let sorted = try latencies(points[i].setting)
            points[i].p50Microseconds = Self.quantile(0.5, sorted)
            points[i].p99Microseconds = Self.quantile(0.99, sorted)
        }
        return points
    }

    // MARK: One setting

    private struct Tally {
        var hits = 0
        var hops = 0
        var distances = 0
        var reranked = 0
        var microseconds: [Double] = []
    }

    private func accuracy(_ setting: EffortSetting?) throws(VectorIndexError) -> BenchPoint {
        let (tallies, _) = try onCrew { queries, scratch throws(VectorIndexError) in
            var tally = Tally()
            for i in queries {
                let found = try search(i, setting?.effort, scratch)
                for neighbor in found where truth[i].contains(neighbor.id) { tally.hits += 1 }
                tally.hops += scratch.statistics.hops
                tally.distances += scratch.statistics.distances
                tally.reranked += scratch.statistics.reranked
            }
            return tally
        }
        func mean(_ value: (Tally) -> Int) -> Double {
            Double(tallies.reduce(0) { $0 + value($1) }) / Double(queries.count)
        }
        let wanted = truth.reduce(0) { $0 + $1.count }
        return BenchPoint(
            setting: setting, recall: mean(\.hits) * Double(queries.count) / Double(max(wanted, 1)), hops: mean(\.hops),
            distances: mean(\.distances), reranked: mean(\.reranked))
    }

    /// Over all queries, as often as it takes to be timed well: starting threads must not show.
    private func queriesPerSecond(_ setting: EffortSetting?) throws(VectorIndexError) -> Double {
        let once = try seconds(setting, passes: 1)
        guard once < Self.secondsMin else { return Double(queries.count) / once }
        let passes = min(Int((Self.secondsMin / max(once, 1e-6)).rounded(.up)), Self.passesMax)
        return Double(passes * queries.count) / (try seconds(setting, passes: passes))
    }

    private static let secondsMin = 0.1
    private static let passesMax = 1_000

    /// Of all queries, with no clock read in between.
    private func seconds(_ setting: EffortSetting?, passes: Int) throws(VectorIndexError) -> Double {
        let effort = setting?.effort
        return try onCrew { queries, scratch throws(VectorIndexError) in
            for _ in 0..<passes {
                for i in queries { _ = try search(i, effort, scratch) }
            }
            return Tally()
        }.seconds
    }

    /// Of each query, ascending.
    private func latencies(_ setting: EffortSetting?) throws(VectorIndexError) -> [Double] {
        let effort = setting?.effort
        let (tallies, _) = try onCrew { queries, scratch throws(VectorIndexError) in
            let clock = ContinuousClock()
            var tally = Tally()
            tally.microseconds.reserveCapacity(self.queries.count / threads + 1)
            for i in queries {
                let started = clock.now
                _ = try search(i, effort, scratch)
                tally.microseconds.append(Text.seconds(clock.now - started) * 1e6)
            }
            return tally
        }
        return tallies.flatMap(\.microseconds).sorted()
    }

    private func search(
        _ query: Int, _ effort: SearchEffort?, _ scratch: SearchScratch
    ) throws(VectorIndexError) -> [Neighbor] {
        guard filters.isEmpty else {
            return try snapshot.search(
                queries[query], k: k, within: filters[query % filters.count], effort: effort, scratch: scratch)
        }
        return try snapshot.search(queries[query], k: k, effort: effort, scratch: scratch)
    }

    /// Each thread does its share of the queries with its own scratch space: every so-many-th, so that no share is harder.
    private func onCrew(
        _ share: @escaping @Sendable (StrideTo<Int>, SearchScratch) throws(VectorIndexError) -> Tally
    ) throws(VectorIndexError) -> (tallies: [Tally], seconds: Double) {
        let results = Results(threads)
        let seconds = SearchCrew.run(threads: threads) { thread in
            let mine = stride(from: thread, to: queries.count, by: threads)
            do throws(VectorIndexError) {
                let tally = try share(mine, scratches[thread])
                results.set(.success(tally), thread)
            } catch {
                results.set(.failure(error), thread)
            }
        }
        var tallies: [Tally] = []
        for result in results.all { tallies.append(try result.get()) }
        return (tallies, seconds)
    }

    private final class Results: Sendable {
        private let results: Mutex<[Result<Tally, VectorIndexError>]>

        init(_ count: Int) { results = Mutex(Array(repeating: .success(Tally()), count: count)) }

        func set(_ result: Result<Tally, VectorIndexError>, _ thread: Int) { results.withLock { $0[thread] = result } }

        var all: [Result<Tally, VectorIndexError>] { results.withLock { $0 } }
    }

    // MARK: Numbers

    /// Of sorted values.
    static func median(_ sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The nearest rank in sorted values.
    static func quantile(_ share: Double, _ sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}
