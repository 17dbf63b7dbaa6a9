/// The best k of many scored nodes: a heap with the worst on top.
struct TopK {
    private let k: Int
    private var heap: [(score: Float, node: UInt32)] = []

    init(k: Int) { self.k = k }

    /// No score below this one would be kept.
    var threshold: Float { heap.count < k ? -.infinity : heap[0].score }

    /// Best first; equal scores by node.
    var sorted: [(score: Float, node: UInt32)] { heap.sorted { Self.isWorse($1, $0) } }

    @inline(__always)
    private static func isWorse(_ a: (score: Float, node: UInt32), _ b: (score: Float, node: UInt32)) -> Bool {
        a.score != b.score ? a.score < b.score : a.node > b.node
    }

    /// - Complexity: O(1) for most, O(log k) for those that are kept.
    @inline(__always)
    mutating func insert(_ score: Float, _ node: UInt32) {
        let item = (score: score, node: node)
        if heap.count < k {
            heap.append(item)
            var i = heap.count - 1
            while i > 0, Self.isWorse(heap[i], heap[(i - 1) / 2]) {
                heap.swapAt(i, (i - 1) / 2)
                i = (i - 1) / 2
            }
        } else if Self.isWorse(heap[0], item) {
            heap[0] = item
            var i = 0
            while true {
                var worst = i
                for child in [2 * i + 1, 2 * i + 2] where child < heap.count && Self.isWorse(heap[child], heap[worst]) {
                    worst = child
                }
                if worst == i { return }
                heap.swapAt(i, worst)
                i = worst
            }
        }
    }
}
