/// The labels of a mapped snapshot, and by label the positions in IDS of the ids that have it: sections LBLS, LBLT and
/// LBLP.
///
/// Numbers that come out of them are clipped where they are used: a damaged file that was opened with the fast
/// verification finds wrong ids at worst.
///
/// `@unchecked Sendable`: it points into the mapping of the snapshot that holds it, which nobody writes.
struct LabelIndex: @unchecked Sendable {
    /// One label of LBLS.
    struct Entry {
        /// Where the label's text and postings end; they begin where those of the label before it end.
        let postingsEnd: UInt64
        let textEnd: UInt32
        let fieldBytes: UInt32
    }

    static let entryBytes = 16

    let count: Int
    private let entries: UnsafePointer<UInt8>
    private let text: UnsafeBufferPointer<UInt8>
    let postings: UnsafeBufferPointer<UInt32>

    init(
        entries: UnsafePointer<UInt8>, count: Int, text: UnsafeBufferPointer<UInt8>,
        postings: UnsafeBufferPointer<UInt32>
    ) {
        self.count = count
        self.entries = entries
        self.text = text
        self.postings = postings
    }

    func entry(_ i: Int) -> Entry {
        let raw = UnsafeRawPointer(entries + i * Self.entryBytes)
        return Entry(
            postingsEnd: raw.load(as: UInt64.self), textEnd: raw.load(fromByteOffset: 8, as: UInt32.self),
            fieldBytes: raw.load(fromByteOffset: 12, as: UInt32.self))
    }

    /// Clipped to what is there.
    private func textRange(_ i: Int) -> (field: Range<Int>, value: Range<Int>) {
        let end = min(Int(entry(i).textEnd), text.count)
        let start = i == 0 ? 0 : min(Int(entry(i - 1).textEnd), end)
        let middle = min(start + Int(entry(i).fieldBytes), end)
        return (start..<middle, middle..<end)
    }

    func postings(_ i: Int) -> UnsafeBufferPointer<UInt32> {
        let end = Int(clamping: min(entry(i).postingsEnd, UInt64(postings.count)))
        let start = i == 0 ? 0 : Int(clamping: min(entry(i - 1).postingsEnd, UInt64(end)))
        return UnsafeBufferPointer(rebasing: postings[start..<end])
    }

    /// The label at a place; text that is not UTF-8 is repaired.
    func label(_ i: Int) -> Label {
        let (field, value) = textRange(i)
        return Label(
            String(decoding: UnsafeBufferPointer(rebasing: text[field]), as: UTF8.self),
            String(decoding: UnsafeBufferPointer(rebasing: text[value]), as: UTF8.self))
    }

    /// Where a label stands. - Complexity: O(log labels).
    func place(of label: Label) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let known = self.label(middle)
            if known == label { return middle }
            range = known < label ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// Marks the positions of all ids that have one of the labels.
    func mark(_ labels: Set<Label>, in positions: BitSet) {
        for label in labels {
            guard let place = place(of: label) else { continue }
            for position in postings(place) where Int(position) < positions.bound { positions.insert(Int(position)) }
        }
    }
}
