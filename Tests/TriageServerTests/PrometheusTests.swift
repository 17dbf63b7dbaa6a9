import CoreMetrics
import Testing
import TriageServer

@Suite("Prometheus text")
struct PrometheusTests {
    @Test func writesEveryKindOfSeries() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "jobs_total", dimensions: [("kind", "a\"b\\c\nd"), ("a", "1")]).increment(by: 2)
        registry.makeCounter(label: "jobs_total", dimensions: [("a", "1"), ("kind", "a\"b\\c\nd")]).increment(by: 3)
        registry.makeCounter(label: "jobs_total", dimensions: []).increment(by: 1)
        registry.makeFloatingPointCounter(label: "seconds.used", dimensions: []).increment(by: 1.5)
        registry.makeMeter(label: "1st-depth", dimensions: []).set(4.0)
        let timer = registry.makeTimer(label: "wait_seconds", dimensions: [("v", "x")])
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(80_000_000_000)
        let text = registry.text()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.starts(with: ["# TYPE _st_depth gauge", "_st_depth 4", "# TYPE jobs_total counter"]))
        #expect(lines.contains("jobs_total 1"))
        #expect(lines.contains("jobs_total{a=\"1\",kind=\"a\\\"b\\\\c\\nd\"} 5"))
        #expect(lines.contains("seconds_used 1.5"))
        #expect(lines.contains("# TYPE wait_seconds histogram"))
        #expect(lines.contains("wait_seconds_bucket{v=\"x\",le=\"0.0005\"} 0"))
        #expect(lines.contains("wait_seconds_bucket{v=\"x\",le=\"0.001\"} 1"))
        #expect(lines.contains("wait_seconds_bucket{v=\"x\",le=\"75\"} 1"))
        #expect(lines.contains("wait_seconds_bucket{v=\"x\",le=\"+Inf\"} 2"))
        #expect(lines.contains("wait_seconds_sum{v=\"x\"} 80.001"))
        #expect(lines.contains("wait_seconds_count{v=\"x\"} 2"))
    }

    @Test func aFamilyHasOneTypeAndSeriesAreBounded() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "x", dimensions: []).increment(by: 1)
        registry.makeMeter(label: "x", dimensions: []).set(9.0)
        #expect(registry.text() == "# TYPE x counter\nx 1\n")
        for number in 0..<(PrometheusRegistry.Limits.seriesMax + 100) {
            registry.makeCounter(label: "y", dimensions: [("n", String(number))]).increment(by: 1)
        }
        let count = registry.text().split(separator: "\n").count
        #expect(count == PrometheusRegistry.Limits.seriesMax + 2)
    }
}
