import Foundation

/// What the figures were measured on, and how busy it was: without it they say little.
public struct Machine: Codable, Sendable {
    public var processor: String
    public var cores: Int
    /// Runnable threads over the last minute, at the benchmark's start and end. Near `cores` or above: others were at work too.
    public var loadBefore: Double
    public var loadAfter: Double
    public var startedAt: String

    public static func start() -> Machine {
        let load = loadAverage()
        return Machine(
            processor: processorName(), cores: ProcessInfo.processInfo.activeProcessorCount, loadBefore: load,
            loadAfter: load, startedAt: Date.now.formatted(.iso8601))
    }

    mutating func finish() { loadAfter = Self.loadAverage() }

    private static func loadAverage() -> Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : .nan
    }

    private static func processorName() -> String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }
}
