import ArgumentParser
import VectorIndex

/// One setting of a search's cost, as it is written on the command line.
struct EffortSetting {
    enum Kind: String, CaseIterable {
        case slack, efSearch, targetRecall

        var option: String {
            switch self {
            case .slack: "--slack"
            case .efSearch: "--ef"
            case .targetRecall: "--target-recall"
            }
        }

        var allowed: String {
            switch self {
            case .slack: "a number from 0 on"
            case .efSearch: "a whole number from 1 to \(EffortSetting.efMax)"
            case .targetRecall: "a share above 0 and up to 1"
            }
        }
    }

    static let efMax = 1 << 20

    let kind: Kind
    let value: Double

    /// - Throws: `ValidationError` when the value is not one that a search takes.
    init(_ kind: Kind, _ text: some StringProtocol) throws {
        let value = Double(String(text.filter { $0 != " " }))
        let isAllowed =
            switch kind {
            case .slack: value.map { $0 >= 0 && $0 <= 1e9 } ?? false
            case .efSearch: value.map { $0 >= 1 && $0 <= Double(Self.efMax) && $0 == $0.rounded() } ?? false
            case .targetRecall: value.map { $0 > 0 && $0 <= 1 } ?? false
            }
        guard let value, isAllowed else {
            throw ValidationError("\(kind.option) is \"\(text)\"; use \(kind.allowed).")
        }
        self.init(kind, value)
    }

    init(_ kind: Kind, _ value: Double) {
        self.kind = kind
        self.value = value
    }

    var effort: SearchEffort {
        switch kind {
        case .slack: .slack(Float(value))
        case .efSearch: .efSearch(Int(value))
        case .targetRecall: .targetRecall(value)
        }
    }

    /// As in "0.02" or "64".
    var text: String { value == value.rounded() && kind == .efSearch ? "\(Int(value))" : "\(value)" }

    /// Values between commas, at most `countMax`.
    static func list(_ kind: Kind, _ text: String) throws -> [EffortSetting] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= countMax else {
            throw ValidationError("\(kind.option) lists \(parts.count) values; use at most \(countMax).")
        }
        return try parts.map { try EffortSetting(kind, $0) }
    }

    private static let countMax = 100
}

/// How much one search may cost: one of three ways of saying it.
struct EffortOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Share of the true neighbours to aim for; the index's own target when no effort is given.",
            valueName: "share"),
        transform: { try EffortSetting(.targetRecall, $0) })
    var targetRecall: EffortSetting?

    @Option(
        help: ArgumentHelp(
            "How much farther than the k-th nearest so far a node may be and still be followed.", valueName: "distance"),
        transform: { try EffortSetting(.slack, $0) })
    var slack: EffortSetting?

    @Option(
        help: ArgumentHelp("Width of the search (efSearch): nodes expanded at least.", valueName: "width"),
        transform: { try EffortSetting(.efSearch, $0) })
    var ef: EffortSetting?

    /// nil when none was given.
    var effort: SearchEffort? { (targetRecall ?? slack ?? ef)?.effort }

    func validate() throws {
        guard [targetRecall, slack, ef].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("Give one of --target-recall, --slack and --ef.")
        }
    }
}
