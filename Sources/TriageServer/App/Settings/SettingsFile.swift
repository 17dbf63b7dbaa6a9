import Foundation

/// A file of settings: `KEY=value` lines, `#` begins a line that is a comment. Quotes around a whole value are dropped,
/// and nothing else is expanded or escaped.
package struct SettingsFile: Sendable {
    private static let bytesMax = 1 << 20

    package let path: String
    package let values: [String: String]

    /// - Throws: `SettingError` when it cannot be read, or has a line that is no setting.
    package init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingError(
                variable: path, problem: "cannot be read",
                remedy: "name a file of KEY=value lines that this user may read")
        }
        guard data.count <= Self.bytesMax, let text = String(data: data, encoding: .utf8) else {
            throw SettingError(
                variable: path, problem: "is no text of at most \(Self.bytesMax) bytes",
                remedy: "name a file of KEY=value lines in UTF-8")
        }
        try self.init(path: path, text: text)
    }

    /// - Throws: `SettingError` naming the line, but not what stands in it, which may be a secret.
    package init(path: String, text: String) throws {
        var values: [String: String] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(path), line \(index + 1),"
            guard let equals = line.firstIndex(of: "=") else {
                throw SettingError(
                    variable: place, problem: "has no “=”", remedy: "write KEY=value, or begin a comment with #")
            }
            let key = line[..<equals].trimmingCharacters(in: .whitespaces)
            guard SettingNames.isWellFormed(key) else {
                throw SettingError(
                    variable: place, problem: "does not begin with a name",
                    remedy: "write KEY=value, with a KEY of capitals, digits and “_”")
            }
            let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard values.updateValue(Self.unquoted(value), forKey: key) == nil else {
                throw SettingError(
                    variable: place, problem: "sets \(key) again", remedy: "leave one of the two lines")
            }
        }
        self.path = path
        self.values = values
    }

    private static func unquoted(_ value: String) -> String {
        guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote else {
            return value
        }
        return String(value.dropFirst().dropLast())
    }
}
