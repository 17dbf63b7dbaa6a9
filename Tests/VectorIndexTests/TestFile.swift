import CBLAS

/// An index file's bytes as docs/INDEX_FORMAT.md describes them, read and changed without the engine's own code; with the
/// means to make its checksums fit again after a change, as a malicious author would.
struct TestFile {
    struct Section {
        var tag: String
        var offset: Int
        var length: Int

        var range: Range<Int> { offset..<offset + length }
    }

    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Header

    var count: Int { number(24, 8) }
    var nodes: Int { number(32, 8) }
    var dimensions: Int { number(40, 4) }
    var metric: Int { number(44, 4) }
    var codeKind: Int { number(48, 4) }
    var codeBytes: Int { number(52, 4) }
    var degree: Int { number(56, 4) }
    var upperDegree: Int { number(60, 4) }
    var layers: Int { number(64, 4) }
    var scale: Float { float(76) }
    var seed: UInt64 { UInt64(bitPattern: Int64(number(80, 8))) }
    var commonLength: Float { float(104) }

    var sections: [Section] {
        (0..<number(96, 4)).map { i in
            let at = 512 + 64 * i
            return Section(
                tag: String(decoding: bytes[at..<at + 4], as: UTF8.self), offset: number(at + 8, 8),
                length: number(at + 16, 8))
        }
    }

    func section(_ tag: String) -> Section? { sections.first { $0.tag == tag } }

    // MARK: Rows

    /// Bits a coordinate of neighbours' codes.
    var planes: Int { codeKind == 3 ? 2 : 1 }
    var factorsOffset: Int { codeBytes + degree / 32 * planes * 4 * codeBytes }
    var neighborsOffset: Int { factorsOffset + 4 * degree }
    var normOffset: Int { neighborsOffset + 4 * degree }
    var rowStride: Int { (normOffset + (metric == 3 ? 4 : 0) + 63) / 64 * 64 }

    /// Where a node's row is in the file.
    func row(_ node: Int) -> Int { section("ROWS")!.offset + node * rowStride }

    /// A node's code, without the 128 that the file adds.
    func code(_ node: Int) -> [Int] {
        let at = row(node)
        return bytes[at..<at + codeBytes].map { Int($0) - 128 }
    }

    /// Whom a row's slots name, empty slots included.
    func slots(_ node: Int) -> [Int] {
        let at = row(node) + neighborsOffset
        return (0..<degree).map { number(at + 4 * $0, 4) }
    }

    /// The bits of a slot's factors.
    func factors(_ node: Int, slot: Int) -> (fa: UInt16, fr: UInt16) {
        let at = row(node) + factorsOffset
        return (UInt16(number(at + 2 * slot, 2)), UInt16(number(at + 2 * (degree + slot), 2)))
    }

    /// A node's vector in EXCT.
    func vector(_ node: Int) -> [Float] {
        let at = section("EXCT")!.offset + 4 * dimensions * node
        return (0..<dimensions).map { float(at + 4 * $0) }
    }

    // MARK: Numbers

    func number(_ offset: Int, _ width: Int) -> Int {
        (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    func float(_ offset: Int) -> Float { Float(bitPattern: UInt32(number(offset, 4))) }

    mutating func set(_ offset: Int, _ width: Int, _ value: Int) {
        for i in 0..<width { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
    }

    mutating func set(_ offset: Int, _ value: Float) { set(offset, 4, Int(value.bitPattern)) }

    // MARK: Changing sections

    /// Where a section's line of the table is.
    func tableEntry(_ tag: String) -> Int? { sections.firstIndex { $0.tag == tag }.map { 512 + 64 * $0 } }

    mutating func seal() {
        sealSections()
        sealHeader()
    }

    mutating func sealSections() {
        for (i, section) in sections.enumerated() {
            let part = Array(bytes[section.range])
            set(512 + 64 * i + 32, 4, Int(nx_crc32c(0, part, part.count)))
        }
    }

    mutating func sealHeader() {
        set(508, 4, 0)
        set(508, 4, Int(nx_crc32c(0, bytes, 4_096)))
    }

    mutating func appendSection(_ tag: String, _ content: [UInt8], stride: Int = 1, isOptional: Bool) {
        let index = number(96, 4)
        let at = 512 + 64 * index
        bytes[at..<at + 4] = ArraySlice(tag.utf8)
        set(at + 4, 2, 1)
        set(at + 6, 2, isOptional ? 1 : 0)
        set(at + 8, 8, bytes.count)
        set(at + 16, 8, content.count)
        set(at + 24, 8, stride)
        set(96, 4, index + 1)
        bytes += content + [UInt8](repeating: 0, count: (4_096 - content.count % 4_096) % 4_096)
        set(16, 8, bytes.count)
        seal()
    }

    /// Takes a section out, and moves those behind it up.
    mutating func removeSection(_ tag: String) {
        let all = sections
        guard let index = all.firstIndex(where: { $0.tag == tag }) else { return }
        let end = index + 1 < all.count ? all[index + 1].offset : bytes.count
        let removed = end - all[index].offset
        bytes.removeSubrange(all[index].offset..<end)
        let table = Array(bytes[512 + 64 * (index + 1)..<512 + 64 * all.count]) + [UInt8](repeating: 0, count: 64)
        bytes.replaceSubrange(512 + 64 * index..<512 + 64 * all.count, with: table)
        set(96, 4, all.count - 1)
        for i in index..<all.count - 1 { set(512 + 64 * i + 8, 8, number(512 + 64 * i + 8, 8) - removed) }
        set(16, 8, bytes.count)
        seal()
    }

    /// Another content, of any length, in a section's place.
    mutating func replaceSection(_ tag: String, with content: [UInt8], stride: Int, isOptional: Bool = true) {
        removeSection(tag)
        appendSection(tag, content, stride: stride, isOptional: isOptional)
    }
}
