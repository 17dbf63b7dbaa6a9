/// One line that breaks a rule of the house.
struct Breach: Equatable, CustomStringConvertible {
    /// Relative to the repository.
    var file: String
    /// From 1.
    var line: Int
    var rule: String

    var description: String { "\(file):\(line): \(rule)" }
}
