import CBLAS

/// What the fuzzer mutates: a few choices, and an index file in a form whose every byte matters.
///
/// A file is mostly padding and its checksums make every change one that is found at once. Here sections stand one after
/// the other without padding, and offsets, lengths and checksums are made right when the file is put together, unless a
/// flag says otherwise: so changes reach the code behind those checks.
///
/// | Offset | Size | Description |
/// |---:|---:|---|
/// | 0 | 1 | Flags, below |
/// | 1 | 1 | What is done with the file besides, see `IndexExercise` |
/// | 2 | 1 | k of searches |
/// | 3 | 1 | Effort of searches |
/// | 4 | 4 | f32: score of the search by score |
/// | 8 | 4 | Seed of the queries; 0 is a query of zeros |
/// | 12 | | The file as it is (flag `isRaw`), or header, fingerprint, table and sections |
package struct FuzzInput {
    package struct Flags: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The file stands here byte by byte.
        package static let isRaw = Flags(rawValue: 1)
        /// Checksums of sections, of the first page, and the file's length stay as the input has them.
        package static let keepsSectionChecksums = Flags(rawValue: 2)
        package static let keepsPageChecksum = Flags(rawValue: 4)
        package static let keepsLength = Flags(rawValue: 8)
    }

    package var flags: Flags
    package var choices: UInt8
    package var k: UInt8
    package var effort: UInt8
    package var score: Float
    package var querySeed: UInt32
    package var body: [UInt8]

    static let choiceBytes = 12
    private static let pageBytes = 4096
    private static let tableOffset = 512
    private static let entryBytes = 64
    private static let sectionsMax = 56
    /// The header's numbers, and the beginning of the fingerprint.
    private static let headerBytes = 128
    private static let fingerprint = 160..<192
    /// Tag, version, flags, length and stride of a section; then what is added to its offset and XORed to its checksum.
    static let packedEntryBytes = 24
    /// Where the packed table begins in the body.
    static var tableStart: Int { headerBytes + fingerprint.count }
    /// No file that the fuzzer puts together is longer.
    package static let fileBytesMax = 1 << 17

    /// nil when there are too few bytes for the choices.
    package init?(_ input: UnsafeRawBufferPointer) {
        guard input.count >= Self.choiceBytes else { return nil }
        flags = Flags(rawValue: input[0])
        choices = input[1]
        k = input[2]
        effort = input[3]
        score = Float(bitPattern: input.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        querySeed = input.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        body = Array(input[Self.choiceBytes...])
    }

    /// The input for a sound file; with the same choices `file` gives it back.
    package init(
        packing file: [UInt8], choices: UInt8 = 0, k: UInt8 = 1, effort: UInt8 = 0, score: Float = 0.5,
        querySeed: UInt32 = 1
    ) {
        flags = []
        self.choices = choices
        self.k = k
        self.effort = effort
        self.score = score
        self.querySeed = querySeed
        body = Array(file[..<Self.headerBytes]) + file[Self.fingerprint]
        let page = Bytes(file)
        let sections = (0..<page.number(96, 4)).map { Self.tableOffset + Self.entryBytes * $0 }
        for entry in sections {
            body += file[entry..<entry + 8]
            body += file[entry + 16..<entry + 20]
            body += file[entry + 24..<entry + 28]
            body += [UInt8](repeating: 0, count: 8)
        }
        for entry in sections {
            let start = page.number(entry + 8, 8)
            body += file[start..<start + page.number(entry + 16, 8)]
        }
    }

    /// The bytes that libFuzzer keeps.
    package var bytes: [UInt8] {
        var head = Bytes([UInt8](repeating: 0, count: Self.choiceBytes))
        head.content[0] = flags.rawValue
        head.content[1] = choices
        head.content[2] = k
        head.content[3] = effort
        head.set(4, 4, UInt64(score.bitPattern))
        head.set(8, 4, UInt64(querySeed))
        return head.content + body
    }

    /// The file, its checksums made to fit where no flag is against it.
    package var file: [UInt8] {
        var file = Bytes(flags.contains(.isRaw) ? Array(body.prefix(Self.fileBytesMax)) : [])
        if !flags.contains(.isRaw) { unpack(into: &file) }
        guard file.content.count >= Self.pageBytes else { return file.content }
        if !flags.contains(.keepsLength) { file.set(16, 8, UInt64(file.content.count)) }
        if flags.contains(.isRaw), !flags.contains(.keepsSectionChecksums) {
            for i in 0..<min(file.number(96, 4), Self.sectionsMax) {
                let entry = Self.tableOffset + Self.entryBytes * i
                let (start, length) = (file.number(entry + 8, 8), file.number(entry + 16, 8))
                guard start >= 0, length >= 0, start <= file.content.count, length <= file.content.count - start
                else { continue }
                file.set(entry + 32, 4, UInt64(file.checksum(start..<start + length)))
            }
        }
        guard !flags.contains(.keepsPageChecksum) else { return file.content }
        file.set(508, 4, 0)
        file.set(508, 4, UInt64(file.checksum(0..<Self.pageBytes)))
        return file.content
    }

    private func unpack(into file: inout Bytes) {
        let packed = Bytes(body)
        guard body.count >= Self.tableStart else { return }
        let count = min(
            packed.number(96, 4), Self.sectionsMax, (body.count - Self.tableStart) / Self.packedEntryBytes)
        let entries = (0..<count).map { Self.tableStart + $0 * Self.packedEntryBytes }
        // What the input does not hold is zeros, up to the limit of a file.
        var starts = [Self.pageBytes]
        for entry in entries {
            let end = min(starts.last! + packed.number(entry + 8, 4), Self.fileBytesMax)
            starts.append((end + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes)
        }
        file.content = [UInt8](repeating: 0, count: starts.last!)
        file.copy(body[..<Self.headerBytes], to: 0)
        file.copy(body[Self.headerBytes..<Self.tableStart], to: Self.fingerprint.lowerBound)
        var at = Self.tableStart + count * Self.packedEntryBytes
        for (i, source) in entries.enumerated() {
            let start = starts[i]
            let length = packed.number(source + 8, 4)
            let room = min(length, Self.fileBytesMax - start)
            let taken = min(room, body.count - at)
            file.copy(body[at..<at + taken], to: start)
            at += taken
            let entry = Self.tableOffset + Self.entryBytes * i
            file.copy(body[source..<source + 8], to: entry)
            let moved = Int(Int32(truncatingIfNeeded: packed.number(source + 16, 4)))
            file.set(entry + 8, 8, UInt64(bitPattern: Int64(start + moved)))
            file.set(entry + 16, 8, UInt64(length))
            file.set(entry + 24, 8, UInt64(packed.number(source + 12, 4)))
            let checksum = file.checksum(start..<start + room) ^ UInt32(packed.number(source + 20, 4))
            file.set(entry + 32, 4, UInt64(flags.contains(.keepsSectionChecksums) ? ~checksum : checksum))
        }
    }
}

/// Little-endian numbers in an array of bytes.
struct Bytes {
    var content: [UInt8]

    init(_ content: [UInt8]) { self.content = content }

    func number(_ offset: Int, _ width: Int) -> Int {
        (0..<width).reversed().reduce(0) { $0 << 8 | Int(content[offset + $1]) }
    }

    mutating func set(_ offset: Int, _ width: Int, _ value: UInt64) {
        for i in 0..<width { content[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
    }

    mutating func copy(_ part: ArraySlice<UInt8>, to offset: Int) {
        content.withUnsafeMutableBytes { content in
            part.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: content[offset...]).copyMemory(from: $0) }
        }
    }

    func checksum(_ range: Range<Int>) -> UInt32 {
        content.withUnsafeBytes { nx_crc32c(0, $0.baseAddress! + range.lowerBound, range.count) }
    }
}
