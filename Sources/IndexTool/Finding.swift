import VectorIndex

/// Something that makes an index unsound though its file can be read: what, and what to do about it.
struct Finding: Sendable, CustomStringConvertible {
    enum Code: String, Sendable {
        /// A check of the file itself failed.
        case damaged
        /// Searches find less than they should.
        case lowRecall
        /// The file and the rows that it is of hold different things.
        case differs
        /// The file is behind the rows by more than is allowed.
        case behind
        /// The file is of a version that the rows have not reached.
        case ahead
    }

    var code: Code
    var message: String
    var remedy: String
    var file: String
    /// The section's tag, where it is about one.
    var section: String?

    static let rebuild = "Rebuild the index with `index-tool build`."

    var description: String {
        "\(file)\(section.map { ", \($0)" } ?? ""): \(message). \(remedy) [\(code.rawValue)]"
    }

    var json: JSONObject {
        var object = JSONObject()
        object.add("code", code.rawValue)
        object.add("message", message)
        object.add("remedy", remedy)
        if let section { object.add("section", section) }
        return object
    }
}
