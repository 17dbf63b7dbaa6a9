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
        case .url: withoutSecrets(value, ofUser: true)
        case .secretURL: withoutSecrets(value)
        default: value
        }
    }

    /// A URL or libpq's `key=value` form. What is not surely free of secrets is left out: a password may hold any character
    /// that its writer forgot to escape, and a query whatever a server takes for a key.
    ///
    /// - Parameter ofUser: whether a user's name alone may be a token.
    package static func withoutSecrets(_ value: String, ofUser: Bool = false) -> String {
        guard let scheme = value.range(of: "://"), isScheme(value[..<scheme.lowerBound]) else {
            return isHarmless(value) ? value : redacted
        }
        let beginning = value[..<scheme.upperBound]
        var rest = value[scheme.upperBound...]
        let query = rest.firstIndex { "?#".contains($0) } ?? rest.endIndex
        var user = ""
        if let at = rest.lastIndex(of: "@") {
            // A question mark in a password or an at sign in a query: nobody can tell.
            guard at < query else { return "\(beginning)\(redacted)" }
            user = String(rest[..<at])
            if ofUser {
                user = redacted
            } else if let colon = user.firstIndex(of: ":") {
                user = "\(user[..<colon]):\(redacted)"
            }
            user += "@"
            rest = rest[rest.index(after: at)...]
        }
        guard query < rest.endIndex else { return "\(beginning)\(user)\(rest)" }
        return "\(beginning)\(user)\(rest[...query])\(redacted)"
    }

    /// Whether libpq's `key=value` form has nothing but keys that say where and as whom, or the value is a bare word.
    private static func isHarmless(_ value: String) -> Bool {
        guard !value.contains(where: { "%@?#'\\".contains($0) }) else { return false }
        let keys = ["host", "hostaddr", "port", "dbname", "user", "sslmode", "application_name", "connect_timeout"]
        return value.split(separator: " ").allSatisfy { pair in
            guard let equals = pair.firstIndex(of: "=") else { return !value.contains("=") }
            return keys.contains(String(pair[..<equals]))
        }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}
