/// How many neighbours nodes have, as a few lines of text.
struct DegreeHistogram {
    /// How many nodes have so many neighbours, from none to the degree.
    let nodesByNeighbors: [Int]

    private static let widest = 40
    private static let rangesMax = 8

    /// From the least that any node has; the full degree has a line of its own, and the others share some.
    var lines: [String] {
        let degree = nodesByNeighbors.count - 1
        guard degree >= 0, let least = nodesByNeighbors.firstIndex(where: { $0 > 0 }) else { return [] }
        let width = max(1, (degree + Self.rangesMax - 1) / Self.rangesMax)
        var ranges = stride(from: least / width * width, to: degree, by: width).map {
            max($0, least)..<min($0 + width, degree)
        }
        ranges.append(degree..<degree + 1)
        let counts = ranges.map { nodesByNeighbors[$0].reduce(0, +) }
        let most = max(counts.max() ?? 1, 1)
        return zip(ranges, counts).map { range, count in
            let name = range.count > 1 ? "\(range.lowerBound) to \(range.upperBound - 1)" : "\(range.lowerBound)"
            // What is too little for a mark is not nothing.
            let marks = count * Self.widest / most
            let bar = marks > 0 ? String(repeating: "#", count: marks) : count > 0 ? "." : ""
            let line = "\(Text.aligned(name, 12)) \(Text.aligned(Text.grouped(count), 13))  \(bar)"
            return bar.isEmpty ? String(line.dropLast(2)) : line
        }
    }
}
