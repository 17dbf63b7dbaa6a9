/// A safetensors file, mapped, whose every byte is accounted for by exactly one tensor.
///
/// Opening trusts nothing: the header's length is reconciled with the file's, the header is parsed strictly, and each
/// tensor's offsets are reconciled with its type, its shape and its neighbours. After that no tensor can reach
/// outside the mapping or into another.
package struct Safetensors {
    let file: MappedFile
    private let header: SafetensorsHeader
    private let dataStart: Int

    /// Bytes of one element, by the format's names. Types of less than a byte are not read.
    private static let elementBytes = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
        "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
    ]

    /// - Parameter bytesMax: a bound on the file's length.
    package init(path: String, bytesMax: Int) throws(TextEmbeddingError) {
        let file = try MappedFile(path: path, bytesMax: bytesMax)
        let bytes = file.bytes
        func malformed(_ problem: String) -> TextEmbeddingError {
            TextEmbeddingError(.malformedWeights, file: path, problem)
        }

        guard bytes.count >= 8 else {
            throw malformed("is cut short: \(bytes.count) bytes, where the header's length takes 8")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        let lengthMax = SafetensorsHeader.Limits.headerBytesMax
        guard length <= UInt64(lengthMax) else {
            throw malformed("is no safetensors file: it claims a header of \(length) bytes, above \(lengthMax)")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= bytes.count else {
            throw malformed("is cut short: its header ends at \(dataStart), the file at \(bytes.count)")
        }
        do {
            header = try SafetensorsHeader(json: UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
        } catch {
            throw malformed("has a malformed header: \(error.problem) at byte \(8 + error.offset)")
        }

        var position = 0
        for (name, entry) in header.entries.sorted(by: { $0.value.offsets.lowerBound < $1.value.offsets.lowerBound }) {
            guard let size = Self.size(of: entry) else {
                throw malformed("has tensor \(name) of unknown type or impossible shape: \(entry.dtype) \(entry.shape)")
            }
            guard size == entry.offsets.count else {
                throw malformed("has tensor \(name) of \(size) bytes by shape, \(entry.offsets.count) by offsets")
            }
            guard entry.offsets.lowerBound == position else {
                let at = min(position, entry.offsets.lowerBound)
                throw malformed("has a hole or an overlap at data byte \(at), before tensor \(name)")
            }
            position = entry.offsets.upperBound
        }
        guard position == bytes.count - dataStart else {
            throw malformed("has \(bytes.count - dataStart) bytes of data where its tensors take \(position)")
        }
        self.file = file
        self.dataStart = dataStart
    }

    /// Nil when the type is unknown or the size does not fit.
    private static func size(of entry: SafetensorsHeader.Entry) -> Int? {
        guard var size = elementBytes[entry.dtype] else { return nil }
        for extent in entry.shape {
            let (product, overflowed) = size.multipliedReportingOverflow(by: extent)
            if overflowed { return nil }
            size = product
        }
        return size
    }

    /// The elements of a single-precision tensor of exactly this shape, in the mapping; row-major.
    package func floats(_ name: String, shape: [Int]) throws(TextEmbeddingError) -> UnsafePointer<Float> {
        guard let entry = header.entries[name] else {
            throw TextEmbeddingError(.otherModel, file: file.path, "has no tensor \(name)")
        }
        guard entry.dtype == "F32", entry.shape == shape else {
            throw TextEmbeddingError(
                .otherModel, file: file.path,
                "has tensor \(name) as \(entry.dtype) \(entry.shape) where F32 \(shape) is expected")
        }
        let start = dataStart + entry.offsets.lowerBound
        guard start % MemoryLayout<Float>.alignment == 0, let base = file.bytes.baseAddress else {
            throw TextEmbeddingError(
                .malformedWeights, file: file.path, "has tensor \(name) at byte \(start), which is not aligned for F32")
        }
        return (base + start).assumingMemoryBound(to: Float.self)
    }
}
