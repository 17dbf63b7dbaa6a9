import Logging
import Metrics

/// Starts logging and metrics, once a process: before that, both go nowhere.
enum Observation {
    static let registry = PrometheusRegistry()

    /// - Returns: the program's own logger, which writes JSON to standard error.
    static func start(level: Logger.Level) -> Logger {
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
        MetricsSystem.bootstrap(registry)
        return Logger(label: "nexify")
    }
}
