import Foundation

/// What `--print-config` prints: every setting, its value in effect and where that comes from; no secret.
package enum SettingsPage {
    static let redacted = "<redacted>"

    package static func text(_ reader: SettingsReader) throws -> String {
        let rows = try Setting.all.map { setting in
            if setting.name == Setting.configFile.name {
                return (setting.name, reader.filePath ?? setting.note, reader.filePath == nil ? "default" : "in use")
            }
            guard let (value, origin) = try reader.found(setting) else {
                return (setting.name, setting.note, "default")
            }
            return (setting.name, shown(value, of: setting), described(origin, of: setting))
        }
        let widths = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0)
        return rows.map { name, value, origin in
            "\(padded(name, widths.0))  \(padded(value, widths.1))  \(origin)"
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: width - text.count)
    }

    private static func described(_ origin: SettingsReader.Origin, of setting: Setting) -> String {
        switch origin {
        case .standard: "default"
        case .environment(let variable): variable == setting.name ? "environment" : "environment (\(variable))"
        case .file(let path, let key): key == setting.name ? path : "\(path) (\(key))"
        }
    }

    private static func shown(_ value: String, of setting: Setting) -> String {
        switch setting.form {
        case .secret: redacted
        case .url, .secretURL: withoutPassword(value)
        default: value
        }
    }

    /// A URL or libpq's `key=value` form. What is not surely free of a password is left out: a password may hold any
    /// character that its writer forgot to escape.
    package static func withoutPassword(_ value: String) -> String {
        guard let scheme = value.range(of: "://") else {
            return value.lowercased().contains("pass") || value.contains("%") ? redacted : value
        }
        var rest = String(value[scheme.upperBound...])
        var user = ""
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = String(rest[rest.index(after: at)...])
            if let colon = user.firstIndex(of: ":") { user = user[..<colon] + ":" + redacted }
            user += "@"
        }
        if let query = rest.firstIndex(of: "?"),
            rest[query...].lowercased().contains("pass") || rest[query...].contains("%")
        {
            rest = rest[...query] + redacted
        }
        return value[..<scheme.upperBound] + user + rest
    }
}
