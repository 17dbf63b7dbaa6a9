/// One thing that an operator can set: its name, its default, and what may stand there. Parsing, `--help`,
/// `--print-config` and the test of docs/CONFIGURATION.md all come from the one table in `Setting+All.swift`.
package struct Setting: Sendable {
    package enum Form: Sendable {
        case text
        /// Printed without the password and the query that it may carry.
        case url
        /// A URL that is a secret as a whole as well: it may come by `NAME_FILE`.
        case secretURL
        /// Never printed; may come by `NAME_FILE`.
        case secret
        case whole(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        /// `true` or `false`.
        case flag
    }

    /// The environment variable, and the key in a configuration file.
    package let name: String
    package let form: Form
    /// Nil when there is none.
    package let standard: String?
    /// What stands for a default that is no value, e.g. `(none)`.
    package let note: String
    package let meaning: String

    init(
        _ name: String, _ form: Form, default standard: String? = nil, note: String = "(none)",
        _ meaning: String
    ) {
        self.name = name
        self.form = form
        self.standard = standard
        self.note = note
        self.meaning = meaning
    }

    /// The variable that names a file with the value, for secrets: so that the value stands in no process list and no
    /// unit file.
    package var fileVariant: String? {
        switch form {
        case .secret, .secretURL: name + "_FILE"
        default: nil
        }
    }

    /// One line a setting for `--help`: name, default, meaning.
    package static let help: String = {
        let nameWidth = all.map(\.name.count).max() ?? 0
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let lines = all.map { setting in
            "  \(padded(setting.name, nameWidth))  \(padded(setting.standard ?? setting.note, 12))  \(setting.meaning)"
        }
        return """
            SETTINGS (environment variables, or KEY=value lines of the file that --config or NEXIFY_CONFIG_FILE names; \
            the environment wins; a secret may be given as KEY_FILE instead)
            \(lines.joined(separator: "\n"))
            """
    }()
}
