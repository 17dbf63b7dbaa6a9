/// Merges ranked lists by the reciprocals of the ranks: no list's scores need to be comparable with another's.
///
/// Cormack, Clarke & Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods",
/// SIGIR 2009; their k = 60.
public struct ReciprocalRankFusion: Sendable {
    public static let rankConstant = 60.0

    /// An item with its fused score and its rank (from 1) in each list; nil where it was not listed.
    public struct Fused<Item: Hashable & Sendable>: Sendable {
        public var item: Item
        /// Σ 1 / (60 + rank), scaled so that first place in every list is 1.
        public var score: Double
        public var ranks: [Int?]
    }

    public init() {}

    /// Best first; ties keep the order of the first list that has the item.
    ///
    /// - Complexity: O(n log n) in the lists' total length.
    public func fuse<Item: Hashable & Sendable>(_ lists: [[Item]]) -> [Fused<Item>] {
        var ranks: [Item: [Int?]] = [:]
        var order: [Item] = []
        for (number, list) in lists.enumerated() {
            for (position, item) in list.enumerated() {
                if ranks[item] == nil {
                    order.append(item)
                    ranks[item] = Array(repeating: nil, count: lists.count)
                }
                if ranks[item]?[number] == nil { ranks[item]?[number] = position + 1 }
            }
        }
        let best = Double(lists.count) / (Self.rankConstant + 1)
        let fused = order.map { item in
            let itemRanks = ranks[item] ?? []
            let sum = itemRanks.reduce(0) { $0 + ($1.map { 1 / (Self.rankConstant + Double($0)) } ?? 0) }
            return Fused(item: item, score: sum / best, ranks: itemRanks)
        }
        return fused.enumerated()
            .sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
            .map(\.element)
    }
}
