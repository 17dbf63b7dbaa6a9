/// Why the engine refused: a code to switch on, where the trouble is, and what to do about it.
public struct VectorIndexError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is; the raw value stands at the end of ``description``.
    public enum Code: String, Sendable {
        /// There is no file of that name.
        case notFound
        /// The operating system does not let it be opened, read or mapped.
        case notReadable
        /// It is a directory, a pipe or a device.
        case notARegularFile
        /// It does not begin like an index.
        case notAnIndex
        /// It is an index, in a way that this version does not read; see <doc:FileCompatibility>.
        case unsupportedVersion
        /// It was written by a machine of the other byte order.
        case foreignByteOrder
        /// It is shorter than it says.
        case truncated
        /// It contradicts itself or its checksums.
        case damaged
        /// It was built with another embedding model than the caller's.
        case fingerprintMismatch
        /// An argument or a build parameter is out of its range.
        case invalidParameter
        /// A vector or query has not as many dimensions as the index.
        case dimensionMismatch
        /// A vector or query holds an infinity or NaN.
        case notFinite
        /// A vector or query is zero, which has no cosine.
        case zeroVector
        /// An id was added twice.
        case duplicateID
        /// A vector is too long, or there are too many of them.
        case tooLarge
        /// The disk or its permissions, when an index is written; what was there is untouched.
        case cannotWrite
    }

    /// What to switch on.
    public var code: Code
    /// What is wrong, in words; no vectors, no texts.
    public var message: String
    /// What the reader can do.
    public var remedy: String
    /// The path that the caller gave, when it was about a file.
    public var file: String?
    /// The section's tag, "header" or "section table".
    public var section: String?
    /// Bytes from the start of the file.
    public var offset: UInt64?
    /// The operating system's error number, when it was the cause.
    public var systemError: CInt?

    /// For those who put their own checks in front of the engine's.
    public init(
        _ code: Code, _ message: String, remedy: String, file: String? = nil, section: String? = nil,
        offset: UInt64? = nil, systemError: CInt? = nil
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.file = file
        self.section = section
        self.offset = offset
        self.systemError = systemError
    }

    /// One line: place, message, remedy and code.
    public var description: String {
        var place: [String] = []
        if let file { place.append(file) }
        if let section { place.append(section) }
        if let offset { place.append("offset \(offset)") }
        let prefix = place.isEmpty ? "" : place.joined(separator: ", ") + ": "
        return "\(prefix)\(message). \(remedy) [\(code.rawValue)]"
    }

    static let rebuild = "Rebuild the index with `index-tool build`, or put the previous generation back."
}
