/// One row that COPY TO STDOUT sends, readable only while the closure that got it runs. COPY names no types, so a
/// value is checked by its length alone.
public struct PostgresCopyFields: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    public let count: Int

    /// What is wrong with a row, and where in it.
    struct Malformed: Error {
        var what: String
        var offset: Int
    }

    /// - Parameter bytes: the row from its field count on, and what follows it; valid as long as this value.
    /// - Returns: nil when the row goes on behind the bytes.
    init?(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        guard bytes.count >= 2 else { return nil }
        let count = Int(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        guard count >= 0 else { throw Malformed(what: "a row has \(count) fields", offset: 0) }
        guard let length = try Self.length(of: bytes, count: count) else { return nil }
        self.count = count
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    }

    /// How many bytes the row takes.
    var byteCount: Int { bytes.count }

    private static func length(of bytes: UnsafeRawBufferPointer, count: Int) throws(Malformed) -> Int? {
        var offset = 2
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { return nil }
            let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            guard (-1...PostgresCopyStream.fieldBytesMax).contains(length) else {
                throw Malformed(what: "a field has \(length) bytes", offset: offset)
            }
            offset += 4 + max(length, 0)
            guard offset <= bytes.count else { return nil }
        }
        return offset
    }

    /// The field's place, or nil for NULL.
    private func range(of index: Int) throws(PostgresError) -> Range<Int>? {
        guard index >= 0, index < count else {
            throw PostgresError(.decoding, "there is no field \(index); COPY sends \(count)")
        }
        var offset = 2
        for position in 0...index {
            let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            offset += 4
            if position == index { return length < 0 ? nil : offset..<offset + length }
            offset += max(length, 0)
        }
        return nil
    }

    /// - Complexity: O(index).
    public func decode<T: PostgresDecodable>(_ index: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        if let range = try range(of: index) {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
            if let value = T(postgres: span, type: PostgresType(rawValue: 0)) { return value }
        } else if let null = T.postgresNull {
            return null
        }
        throw PostgresError(.decoding, "field \(index) of COPY is not a \(type); select or cast another type")
    }

    /// Appends a pgvector field's components, without an array of its own.
    /// - Returns: the number of dimensions.
    public func appendVector(_ index: Int, to values: inout [Float]) throws(PostgresError) -> Int {
        if let range = try range(of: index) {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
            if let dimensions = PostgresVector.append(span, to: &values) { return dimensions }
        }
        throw PostgresError(
            .decoding, "field \(index) of COPY is not a vector; exclude NULL and select a vector column")
    }
}
