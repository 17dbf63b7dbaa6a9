import Foundation

/// Reads settings as the types that they have: from the environment, else from the file, else the default. An empty
/// value counts as unset.
package struct SettingsReader: Sendable {
    /// Where a value came from.
    enum Origin: Sendable {
        case standard
        case environment(String)
        case file(String, key: String)
    }

    private static let secretFileBytesMax = 64 << 10

    private let environment: [String: String]
    private let file: SettingsFile?

    /// - Parameter configFile: goes before `NEXIFY_CONFIG_FILE`.
    /// - Throws: `SettingError` for a name that is no setting, or a file that is none.
    package init(environment: [String: String], configFile: String? = nil) throws {
        try SettingNames.check(environment: environment)
        self.environment = environment
        let path = configFile ?? environment[Setting.configFile.name].flatMap { $0.isEmpty ? nil : $0 }
        file = try path.map { try SettingsFile(path: $0) }
        if let file { try SettingNames.check(file: file) }
    }

    /// The path of the file in use.
    var filePath: String? { file?.path }

    /// The value and where it came from; nil when it is unset and has no default.
    func found(_ setting: Setting) throws -> (value: String, origin: Origin)? {
        if let (value, variable) = try value(setting, in: environment) { return (value, .environment(variable)) }
        if let file, let (value, key) = try value(setting, in: file.values) {
            return (value, .file(file.path, key: key))
        }
        return setting.standard.map { ($0, .standard) }
    }

    private func value(_ setting: Setting, in source: [String: String]) throws -> (String, String)? {
        func own(_ name: String) -> String? { source[name].flatMap { $0.isEmpty ? nil : $0 } }
        let value = own(setting.name)
        guard let variant = setting.fileVariant, let path = own(variant) else {
            return value.map { ($0, setting.name) }
        }
        guard value == nil else {
            throw SettingError(
                variable: setting.name, problem: "and \(variant) are both set", remedy: "leave one of them")
        }
        return (try Self.secret(in: path, variable: variant, instead: setting.name), variant)
    }

    /// The first line of the file that a variable names.
    ///
    /// - Parameter instead: the variable that could hold the value itself.
    static func secret(in path: String, variable: String, instead: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path), data.count <= secretFileBytesMax,
            let text = String(data: data, encoding: .utf8)
        else {
            throw SettingError(
                variable: variable, problem: "names \(path), which cannot be read as a line of text",
                remedy: "make it readable for this user, or set \(instead) itself")
        }
        guard let line = text.split(whereSeparator: \.isNewline).first else {
            throw SettingError(
                variable: variable, problem: "names \(path), which is empty", remedy: "write the value into it")
        }
        return String(line)
    }
}

extension SettingsReader {
    /// Nil when unset without a default.
    func text(_ setting: Setting) throws -> String? { try found(setting)?.value }

    /// A setting that has a default.
    func required(_ setting: Setting) throws -> String {
        guard let text = try text(setting) else { preconditionFailure("\(setting.name) has no default") }
        return text
    }

    func whole(_ setting: Setting) throws -> Int {
        guard case .whole(let range) = setting.form else { preconditionFailure("\(setting.name) is no whole number") }
        let text = try required(setting)
        guard let value = Int(text), range.contains(value) else {
            throw SettingError(
                variable: setting.name, problem: "is “\(text)”",
                remedy: "use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ setting: Setting) throws -> Double {
        guard case .number(let range) = setting.form else { preconditionFailure("\(setting.name) is no number") }
        let text = try required(setting)
        guard let value = Double(text), range.contains(value) else {
            throw SettingError(
                variable: setting.name, problem: "is “\(text)”",
                remedy: "use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func seconds(_ setting: Setting) throws -> Duration { .milliseconds(Int64(try number(setting) * 1_000)) }

    func flag(_ setting: Setting) throws -> Bool {
        let text = try required(setting)
        guard let value = Bool(text) else {
            throw SettingError(variable: setting.name, problem: "is “\(text)”", remedy: "use true or false")
        }
        return value
    }

    /// One of the setting's choices; nil when unset without a default.
    func choice(_ setting: Setting) throws -> String? {
        guard case .choice(let choices) = setting.form else { preconditionFailure("\(setting.name) is no choice") }
        guard let text = try text(setting) else { return nil }
        guard choices.contains(text) else {
            throw SettingError(
                variable: setting.name, problem: "is “\(text)”", remedy: "use \(choices.joined(separator: ", "))")
        }
        return text
    }
}
