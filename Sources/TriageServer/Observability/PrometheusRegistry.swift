import CoreMetrics
import Synchronization

/// A swift-metrics backend that keeps every series in memory and writes them in Prometheus' text format, version 0.0.4.
///
/// A label of swift-metrics is a metric family's name here, as it is; timers and aggregating recorders are histograms,
/// timers in seconds.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    package enum Limits {
        /// Series of all families. What goes beyond is counted nowhere rather than growing without end.
        package static let seriesMax = 10_000
    }

    /// Names one series: a family and its labels in the order of their names.
    struct SeriesKey: Hashable {
        var family: String
        var labels: [Label]

        struct Label: Hashable {
            var name: String
            var value: String
        }

        init(_ family: String, _ dimensions: [(String, String)]) {
            self.family = PrometheusText.name(family)
            labels = dimensions.map { Label(name: PrometheusText.name($0.0), value: $0.1) }
                .sorted { $0.name < $1.name }
        }
    }

    private let series = Mutex<[SeriesKey: any PrometheusSeries]>([:])

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        make(label, dimensions) { PrometheusCounter() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        make(label, dimensions) { PrometheusCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        make(label, dimensions) { PrometheusGauge() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            let bounds = label.hasSuffix("_bytes") ? PrometheusHistogram.bytes : PrometheusHistogram.counts
            return make(label, dimensions) { PrometheusHistogram(bounds: bounds) }
        }
        return make(label, dimensions) { PrometheusGauge() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        make(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.seconds) }
    }

    /// The handler of that series. One that exists with another kind, or beyond the limit, is one of its own that is
    /// never written out.
    private func make<Handler: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Handler
    ) -> Handler {
        series.withLock { series in
            let key = SeriesKey(label, dimensions)
            if let existing = series[key] { return existing as? Handler ?? make() }
            let handler = make()
            if series.count < Limits.seriesMax { series[key] = handler }
            return handler
        }
    }

    // Handlers live as long as the registry: a scrape must see what a short-lived object counted.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// All series, families and series sorted by name.
    package func text() -> String {
        let families = Dictionary(grouping: series.withLock { Array($0) }, by: \.key.family)
        var text = ""
        for (family, series) in families.sorted(by: { $0.key < $1.key }) {
            guard let type = series.first?.value.type else { continue }
            text += "# TYPE \(family) \(type)\n"
            let lines = series.map { (PrometheusText.labels($0.key.labels), $0.value) }.sorted { $0.0 < $1.0 }
            for (labels, series) in lines { series.write(family, labels, to: &text) }
        }
        return text
    }
}

/// The escapes and names of Prometheus' text format.
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Letters, digits and `_`; everything else becomes `_`.
    static func name(_ label: String) -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            let isAllowed =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
                || !name.isEmpty && ("0"..."9").contains(scalar)
            name.unicodeScalars.append(isAllowed ? scalar : "_")
        }
        return name
    }

    /// `a="x",b="y"`, without braces.
    static func labels(_ labels: [PrometheusRegistry.SeriesKey.Label]) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : value.description
    }
}
