import Glibc

/// One axis of a plot: which values it spans, where they lie, and where its ticks are.
struct PlotAxis {
    let ticks: [Double]
    private let isLogarithmic: Bool
    private let low: Double
    private let high: Double
    /// Where the low and the high end are drawn.
    private let from: Double
    private let to: Double

    /// Recalls: up to 1, from a round number below the least.
    static func recall(_ values: [Double], from: Double, to: Double) -> PlotAxis {
        let least = min(values.min() ?? 0.9, 0.99)
        // In parts of a thousand, so that ticks are exact.
        let step = [1, 2, 5, 10, 20, 50, 100, 200].first { Double($0) * 10 >= (1 - least) * 1000 } ?? 200
        let first = max(0, Int((least * 1000 / Double(step)).rounded(.down)) * step)
        let ticks = stride(from: first, through: 1000, by: step).map { Double($0) / 1000 }
        // A little room right of 1, so that points there are whole.
        let room = (1 - Double(first) / 1000) * 0.03
        return PlotAxis(
            ticks: ticks, isLogarithmic: false, low: Double(first) / 1000, high: 1 + room, from: from, to: to)
    }

    /// Positive values over decades.
    static func logarithmic(_ values: [Double], from: Double, to: Double) -> PlotAxis {
        let (least, most) = (max(values.min() ?? 1, 1e-3), max(values.max() ?? 1, 1e-3))
        let isNarrow = most / least < 3
        let (low, high) = isNarrow ? (least / 2.5, most * 2.5) : (least / 1.4, most * 1.4)
        let mantissas: [Double] = high / low > 1_000 ? [1] : high / low > 12 ? [1, 2, 5] : [1, 2, 3, 5, 7]
        var ticks: [Double] = []
        for decade in Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up)) {
            ticks += mantissas.map { $0 * pow(10, Double(decade)) }.filter { $0 >= low && $0 <= high }
        }
        return PlotAxis(ticks: ticks, isLogarithmic: true, low: low, high: high, from: from, to: to)
    }

    /// Where a value is drawn.
    func place(_ value: Double) -> Double {
        let share = isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
        return from + share * (to - from)
    }
}
