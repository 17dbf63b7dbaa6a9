import CBLAS

/// The encoder's working memory for one group of texts: allocated once, lent to one thread at a time.
///
/// `@unchecked Sendable`: whoever takes it from the pool is its only user until it is given back.
final class EncoderScratch: @unchecked Sendable {
    /// Rows of tokens, of the encoder's width each.
    let hidden, query, key, value, attended: UnsafeMutablePointer<Float>
    /// Rows of the feed-forward layer's inner width.
    let inner: UnsafeMutablePointer<Float>
    /// What the attention kernel asks for.
    let attention: UnsafeMutablePointer<Float>
    private let block: UnsafeMutableRawPointer

    /// - Parameter rows: the most tokens of a group. A row takes 13,824 bytes.
    init(rows: Int) {
        let row = EncoderWeights.Shape.width
        let innerRow = EncoderWeights.Shape.innerWidth
        let attentionFloats = 36 * Int(NEXIFY_ENCODER_TOKENS_MAX)
        let floats = rows * (5 * row + innerRow) + attentionFloats
        block = .allocate(byteCount: floats * MemoryLayout<Float>.stride, alignment: 64)
        let base = block.bindMemory(to: Float.self, capacity: floats)
        base.initialize(repeating: 0, count: floats)
        hidden = base
        query = base + rows * row
        key = base + 2 * rows * row
        value = base + 3 * rows * row
        attended = base + 4 * rows * row
        inner = base + 5 * rows * row
        attention = base + rows * (5 * row + innerRow)
    }

    deinit { block.deallocate() }
}
