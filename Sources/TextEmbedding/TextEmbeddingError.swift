/// Why the model cannot be used: the file, what is wrong with it, and what to do.
public struct TextEmbeddingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The file is not there.
        case missing
        /// The file is there, and the system refuses to open or map it.
        case unreadable
        /// The bytes are not a safetensors file: cut short, overlapping, or not JSON where JSON belongs.
        case malformedWeights
        /// A sound safetensors file of some other model.
        case otherModel
        /// The vocabulary is not the one this model was trained with.
        case malformedVocabulary
        /// Right in form, and not the published file.
        case checksumMismatch
    }

    public let code: Code
    /// The path as it was given.
    public let file: String
    /// What is wrong, with the offset or the tensor's name where there is one.
    public let problem: String
    /// What the operator can do.
    public let remedy: String

    init(_ code: Code, file: String, _ problem: String, remedy: String = Self.fetchAgain) {
        self.code = code
        self.file = file
        self.problem = problem
        self.remedy = remedy
    }

    static let fetchAgain = """
        run scripts/setup.sh to fetch all-MiniLM-L6-v2, or set NEXIFY_MODEL_DIR to a directory with its \
        model.safetensors and vocab.txt
        """

    public var description: String { "\(file): \(problem); \(remedy)" }
}
