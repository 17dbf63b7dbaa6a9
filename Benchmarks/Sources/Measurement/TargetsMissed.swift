/// The exit status of a benchmark that was asked to hold its targets and does not.
public struct TargetsMissed: Error, CustomStringConvertible {
    public var figures: [Figure]

    public init?(_ report: Report) {
        guard !report.misses.isEmpty else { return nil }
        figures = report.misses
    }

    public var description: String {
        "missed: " + figures.map { "\($0.name) is \(Report.number($0.value)) \($0.unit)" }.joined(separator: "; ")
            + ". On a busy machine run it again; on a quiet one look for what became slower."
    }
}
