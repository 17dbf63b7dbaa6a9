import VectorIndex

/// The labels of vectors in a text file: a line a row, on it labels as field=value with tabs between them; empty where a row
/// has none.
struct LabelFile {
    let labels: [[Label]]

    /// - Parameter rows: as many as there are vectors.
    init(path: String, rows: Int) throws(VectorIndexError) {
        let file = try MappedFile(path: path)
        var labels: [[Label]] = []
        var start = 0
        while start < file.bytes.count {
            let end = file.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
            guard var line = String(validating: file.bytes[start..<end], as: UTF8.self) else {
                throw Self.refused("line \(labels.count + 1) is not UTF-8", path, at: start)
            }
            if line.hasSuffix("\r") { line.removeLast() }
            var own: [Label] = []
            for text in line.split(separator: "\t") {
                guard let label = Label(parsing: text) else {
                    throw Self.refused("line \(labels.count + 1): \"\(text)\" is no field=value", path, at: start)
                }
                own.append(label)
            }
            labels.append(own)
            start = end + 1
        }
        try file.checkWhole()
        guard labels.count == rows else {
            throw Self.refused("it has \(labels.count) lines for \(rows) vectors", path, at: file.bytes.count)
        }
        self.labels = labels
    }

    private static func refused(_ what: String, _ path: String, at offset: Int) -> VectorIndexError {
        VectorIndexError(
            .invalidParameter, what,
            remedy: "Write a line for each row: its labels as field=value, with tabs between them.", file: path,
            offset: UInt64(offset))
    }
}

extension Label {
    /// From field=value; nil when there is no field or no sign.
    init?(parsing text: some StringProtocol) {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
        self.init(String(text[..<sign]), String(text[text.index(after: sign)...]))
    }
}
