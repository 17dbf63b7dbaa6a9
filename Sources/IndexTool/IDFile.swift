import VectorIndex

/// Ids in a file: `.npy` (one-dimensional, whole numbers), or text with one number a line.
enum IDFile {
    static func read(_ path: String) throws(VectorIndexError) -> [UInt64] {
        let file = try MappedFile(path: path)
        let ids = path.hasSuffix(".npy") ? try array(file) : try lines(file)
        try file.checkWhole()
        return ids
    }

    private static func array(_ file: MappedFile) throws(VectorIndexError) -> [UInt64] {
        let header = try NpyHeader(file)
        guard let element = NpyElement(rawValue: header.type), element.isNumber, header.shape.count == 1 else {
            throw refused("it is no list of whole numbers", file, at: 10)
        }
        let (bytes, isTooLong) = header.shape[0].multipliedReportingOverflow(by: element.bytes)
        guard !isTooLong, bytes == file.bytes.count - header.dataOffset else {
            throw refused("its length is not that of \(header.shape[0]) numbers", file, at: header.dataOffset)
        }
        var ids: [UInt64] = []
        ids.reserveCapacity(header.shape[0])
        for i in 0..<header.shape[0] {
            let offset = header.dataOffset + i * element.bytes
            let number = element.number(in: file, at: offset)
            guard let id = UInt64(exactly: number) else { throw refused("\(number) is no id", file, at: offset) }
            ids.append(id)
        }
        return ids
    }

    private static func lines(_ file: MappedFile) throws(VectorIndexError) -> [UInt64] {
        var ids: [UInt64] = []
        var start = 0
        var line = 0
        while start < file.bytes.count {
            line += 1
            let end = file.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
            var text = String(decoding: file.bytes[start..<end], as: UTF8.self)
            if text.hasSuffix("\r") { text.removeLast() }
            if !text.isEmpty {
                guard let id = UInt64(text) else {
                    throw refused("line \(line) is no number", file, at: start)
                }
                ids.append(id)
            }
            start = end + 1
        }
        return ids
    }

    private static func refused(_ what: String, _ file: MappedFile, at offset: Int) -> VectorIndexError {
        VectorIndexError(
            .invalidParameter, what,
            remedy: "Write ids one a line, or with numpy.save(path, ids.astype('uint64')), ids one-dimensional.",
            file: file.path, offset: UInt64(offset))
    }
}
