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
            case .slack: "a number from -1 on"
            case .efSearch: "a whole number from 1 to \(EffortSetting.efMax)"
            case .targetRecall: "a share above 0 and up to 1"
            }
        }
    }

    static let efMax = 1 << 20

    let kind: Kind
    let value: Double

    /// nil when the text is not a value that a search takes.
    init?(_ kind: Kind, text: some StringProtocol) {
        guard let value = Double(String(text.filter { $0 != " " })) else { return nil }
        let isAllowed =
            switch kind {
            case .slack: value >= -1 && value <= 1e9
            case .efSearch: value >= 1 && value <= Double(Self.efMax) && value == value.rounded()
            case .targetRecall: value > 0 && value <= 1
            }
        guard isAllowed else { return nil }
        self.init(kind, value)
    }

    /// The one value of an option, which ArgumentParser names in its message.
    static func one(_ kind: Kind, _ text: String) throws -> EffortSetting {
        guard let setting = EffortSetting(kind, text: text) else { throw ValidationError("Use \(kind.allowed).") }
        return setting
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
    var text: String { value == value.rounded() ? Text.fixed(value, 0) : "\(value)" }

    /// Values between commas, at most `countMax`.
    static func list(_ kind: Kind, _ text: String) throws -> [EffortSetting] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= countMax else {
            throw ValidationError("\(kind.option) lists \(parts.count) values; use at most \(countMax).")
        }
        return try parts.map { part in
            guard let setting = EffortSetting(kind, text: part) else {
                throw ValidationError("\(kind.option) lists \"\(part)\"; use \(kind.allowed).")
            }
            return setting
        }
    }

    private static let countMax = 100
}

/// How much one search may cost: one of three ways of saying it.
struct EffortOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Share of the true neighbours to aim for; the index's own target when no effort is given.",
            valueName: "share"),
        transform: { try EffortSetting.one(.targetRecall, $0) })
    var targetRecall: EffortSetting?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How much farther than the k-th nearest so far a node may be and still be followed.", valueName: "distance"),
        transform: { try EffortSetting.one(.slack, $0) })
    var slack: EffortSetting?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Width of the search (efSearch): nodes expanded at least.", valueName: "width"),
        transform: { try EffortSetting.one(.efSearch, $0) })
    var ef: EffortSetting?

    /// nil when none was given.
    var effort: SearchEffort? { (targetRecall ?? slack ?? ef)?.effort }

    func validate() throws {
        guard [targetRecall, slack, ef].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("Give one of --target-recall, --slack and --ef.")
        }
    }
}
