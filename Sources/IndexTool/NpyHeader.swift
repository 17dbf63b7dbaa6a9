import VectorIndex

/// What one number of an `.npy` file is, by NumPy's own code; all little-endian.
enum NpyElement: String {
    case float16 = "<f2"
    case float32 = "<f4"
    case float64 = "<f8"
    case int32 = "<i4"
    case int64 = "<i8"
    case uint32 = "<u4"
    case uint64 = "<u8"
    case uint8 = "|u1"
    case bool = "|b1"

    var bytes: Int {
        switch self {
        case .uint8, .bool: 1
        case .float16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    var isFloat: Bool { self == .float16 || self == .float32 || self == .float64 }

    /// The whole number at an offset. - Precondition: `isNumber`.
    func number(in file: MappedFile, at offset: Int) -> Int128 {
        let bytes = file.bytes
        switch self {
        case .int32: return Int128(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case .uint32: return Int128(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case .int64: return Int128(bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        case .uint64: return Int128(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        case .float16, .float32, .float64, .uint8, .bool: preconditionFailure("the table was opened for whole numbers")
        }
    }

    /// Whether it can hold an id.
    var isNumber: Bool { bytes >= 4 && !isFloat }
}

/// The start of an `.npy` file (NumPy Enhancement Proposal 1), versions 1 to 3.
struct NpyHeader {
    /// NumPy's code of the element type, e.g. "<f4": byte order, kind and size.
    let type: String
    /// Whether values stand column by column, as Fortran has them.
    let isColumnMajor: Bool
    let shape: [Int]
    let dataOffset: Int

    /// NumPy's own headers have about 128 bytes; longer ones belong to records, which are no vectors.
    private static let textBytesMax = 65_536

    init(_ file: MappedFile) throws(VectorIndexError) {
        let bytes = file.bytes
        guard bytes.count >= 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw VectorIndexError(
                .invalidParameter, "this is no .npy file", remedy: "Name a file ending in .npy or .fvecs.",
                file: file.path, offset: 0)
        }
        let version = bytes[6]
        guard (1...3).contains(version) else {
            throw VectorIndexError(
                .invalidParameter, "this .npy file has version \(version), and versions 1 to 3 are read",
                remedy: "Write it again with numpy.save.", file: file.path, offset: 6)
        }
        let textOffset = version == 1 ? 10 : 12
        let textBytes =
            version == 1
            ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
            : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        dataOffset = textOffset + textBytes
        guard textBytes <= Self.textBytesMax, dataOffset <= bytes.count else {
            throw VectorIndexError(
                .invalidParameter, "the file ends inside its header or the header is damaged",
                remedy: "Copy the file again in full, or write it again with numpy.save.", file: file.path, offset: 8)
        }
        let text = NpyHeaderText(String(decoding: bytes[textOffset..<dataOffset], as: UTF8.self))
        guard let type = text.string("descr"), let isColumnMajor = text.bool("fortran_order"),
            let shape = text.shape("shape")
        else {
            throw VectorIndexError(
                .invalidParameter, "its header does not describe one array of plain numbers",
                remedy: "Save a plain two-dimensional array with numpy.save.", file: file.path,
                offset: UInt64(textOffset))
        }
        self.type = type
        self.isColumnMajor = isColumnMajor
        self.shape = shape
    }
}

/// The Python dictionary in an `.npy` file's header: literals only.
private struct NpyHeaderText {
    private let text: String

    init(_ text: String) { self.text = text }

    func string(_ key: String) -> String? {
        guard let rest = after(key), let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
        let body = rest.dropFirst()
        return body.firstIndex(of: quote).map { String(body[..<$0]) }
    }

    func bool(_ key: String) -> Bool? {
        guard let rest = after(key) else { return nil }
        return rest.hasPrefix("True") ? true : rest.hasPrefix("False") ? false : nil
    }

    /// A tuple of whole numbers; nil when it holds anything else.
    func shape(_ key: String) -> [Int]? {
        guard let rest = after(key), rest.first == "(", let end = rest.firstIndex(of: ")") else { return nil }
        var numbers: [Int] = []
        for part in rest[..<end].dropFirst().split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let number = Int(digits), number >= 0 else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// What follows a key's colon.
    private func after(_ key: String) -> Substring? {
        for quote in ["'", "\""] {
            if let found = text.firstRange(of: "\(quote)\(key)\(quote)") {
                let rest = text[found.upperBound...].drop { $0 == " " }
                return rest.first == ":" ? rest.dropFirst().drop { $0 == " " } : nil
            }
        }
        return nil
    }
}
