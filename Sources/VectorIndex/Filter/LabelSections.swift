/// Labels on their way to disk: what LBLS, LBLT and LBLP hold.
struct LabelSections {
    private(set) var entries: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var postings: [UInt32] = []

    /// - Parameter labels: by position in IDS, without repetitions.
    init(_ labels: [[Label]]) throws(VectorIndexError) {
        var positions: [Label: [UInt32]] = [:]
        for (position, own) in labels.enumerated() {
            for label in own { positions[label, default: []].append(UInt32(position)) }
        }
        for label in positions.keys.sorted() {
            text += label.field.utf8
            text += label.value.utf8
            postings += positions[label]!
            guard text.count <= Int(UInt32.max) else {
                throw VectorIndexError(
                    .tooLarge, "the labels have more than 4 GiB of text", remedy: "Use fewer or shorter labels.")
            }
            withUnsafeBytes(of: UInt64(postings.count).littleEndian) { entries += $0 }
            withUnsafeBytes(of: UInt32(text.count).littleEndian) { entries += $0 }
            withUnsafeBytes(of: UInt32(label.field.utf8.count).littleEndian) { entries += $0 }
        }
    }
}
