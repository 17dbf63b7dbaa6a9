/// Why the engine refused: a code to switch on, where the trouble is, and what to do about it.
public struct VectorIndexError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        // Files that cannot be read at all
        case notFound, notReadable, notARegularFile
        // Files that are no index of ours, or not one that this version reads
        case notAnIndex, unsupportedVersion, foreignByteOrder
        // Files that were an index once
        case truncated, damaged
        // An index of another embedding model
        case fingerprintMismatch
        // What callers pass
        case invalidParameter, dimensionMismatch, notFinite, zeroVector, duplicateID, tooLarge
        // The disk, when an index is written
        case cannotWrite
    }

    public var code: Code
    /// What is wrong, in words; no vectors, no texts.
    public var message: String
    /// What the reader can do.
    public var remedy: String
    public var file: String?
    /// The section's tag, "header" or "section table".
    public var section: String?
    /// Bytes from the start of the file.
    public var offset: UInt64?
    /// The operating system's error number, when it was the cause.
    public var systemError: CInt?

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
