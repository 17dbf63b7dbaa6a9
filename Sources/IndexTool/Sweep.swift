import ArgumentParser
import VectorIndex

/// Which settings `bench` measures.
struct Sweep {
    /// In the order of measuring.
    let settings: [EffortSetting]
    /// Whether settings after the first that finds nearly all, or walks nearly everywhere, are left out.
    let endsEarly: Bool

    func ends(after point: BenchPoint) -> Bool {
        endsEarly && (point.recall >= Self.recallMax || point.hops >= Self.hopsMax)
    }

    private static let recallMax = 0.9995
    private static let hopsMax = 5_000.0

    /// Slacks whose recall runs from what the cheapest search finds to nearly all, on vectors of unit length; the later
    /// ones are reached on hard data only.
    private static let slacks: [Double] = [
        -0.04, -0.02, -0.01, 0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.125, 0.16, 0.2, 0.28,
        0.4,
        0.6, 0.8,
    ]

    static let standard = Sweep(settings: slacks.map { EffortSetting(.slack, $0) }, endsEarly: true)
}

/// Lists of settings on the command line.
struct SweepOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Slacks to measure, separated by commas, e.g. 0,0.02,0.05.", valueName: "list"))
    var slack: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Widths (efSearch) to measure, separated by commas, e.g. 10,32,100.", valueName: "list"))
    var ef: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Target recalls to measure, separated by commas, e.g. 0.9,0.95,0.99.", valueName: "list"))
    var targetRecall: String?

    func validate() throws { _ = try settings }

    /// nil when no list was given.
    var sweep: Sweep? {
        get throws {
            let settings = try settings
            return settings.isEmpty ? nil : Sweep(settings: settings, endsEarly: false)
        }
    }

    private var settings: [EffortSetting] {
        get throws {
            try (slack.map { try EffortSetting.list(.slack, $0) } ?? [])
                + (ef.map { try EffortSetting.list(.efSearch, $0) } ?? [])
                + (targetRecall.map { try EffortSetting.list(.targetRecall, $0) } ?? [])
        }
    }
}
