/// A setting that cannot be used.
package struct SettingError: Error, CustomStringConvertible {
    package var variable: String
    package var problem: String
    package var remedy: String

    package var description: String { "\(variable) \(problem); \(remedy)" }
}
