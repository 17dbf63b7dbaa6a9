import CoreMetrics
import Synchronization

/// One series of a metric family: counts, and writes its lines.
protocol PrometheusSeries: AnyObject, Sendable {
    /// The family's type in the text format.
    var type: String { get }
    func write(_ family: String, _ labels: String, to text: inout String)
}

/// A sum that only grows.
final class PrometheusCounter: CounterHandler, FloatingPointCounterHandler, PrometheusSeries {
    private let sum = Mutex<Double>(0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { sum.withLock { $0 += amount } }
    func reset() { sum.withLock { $0 = 0 } }

    var type: String { "counter" }

    func write(_ family: String, _ labels: String, to text: inout String) {
        text += PrometheusText.line(family, labels, PrometheusText.number(sum.withLock { $0 }))
    }
}

/// A value that goes up and down.
final class PrometheusGauge: MeterHandler, RecorderHandler, PrometheusSeries {
    private let current = Mutex<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLock { $0 = value } }
    func increment(by amount: Double) { current.withLock { $0 += amount } }
    func decrement(by amount: Double) { current.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    var type: String { "gauge" }

    func write(_ family: String, _ labels: String, to text: inout String) {
        text += PrometheusText.line(family, labels, PrometheusText.number(current.withLock { $0 }))
    }
}

/// How often values fell under each bound, and their sum.
final class PrometheusHistogram: TimerHandler, RecorderHandler, PrometheusSeries {
    /// django-prometheus' buckets, and finer ones below, where this server's latencies lie.
    static let seconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75,
    ]
    static let bytes: [Double] = [0, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]
    static let counts: [Double] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

    private struct State {
        /// One more than the bounds: the last is for everything above.
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    var type: String { "histogram" }

    func write(_ family: String, _ labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        var total = 0
        for (bound, count) in zip(bounds + [.infinity], state.counts) {
            total += count
            let bound = "\(before)le=\"\(PrometheusText.number(bound))\""
            text += PrometheusText.line(family + "_bucket", bound, String(total))
        }
        text += PrometheusText.line(family + "_sum", labels, PrometheusText.number(state.sum))
        text += PrometheusText.line(family + "_count", labels, String(total))
    }
}
