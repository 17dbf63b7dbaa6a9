/// Where each weight of the encoder lies in the mapped file, every name, type and shape checked.
///
/// Holds the mapping, so the pointers stay valid as long as this value does.
///
/// `@unchecked Sendable`: the pointers lead into a read-only mapping that this value keeps alive.
struct EncoderWeights: @unchecked Sendable {
    enum Shape {
        static let layers = 6
        static let width = 384
        static let innerWidth = 1536
        static let positions = 512
    }

    /// A matrix of `out` rows of `in`, as trained, and what is added to each result.
    struct Linear {
        var weight: UnsafePointer<Float>
        var bias: UnsafePointer<Float>
    }

    struct Norm {
        var gain: UnsafePointer<Float>
        var shift: UnsafePointer<Float>
    }

    struct Layer {
        var query: Linear
        var key: Linear
        var value: Linear
        var attended: Linear
        var attendedNorm: Norm
        var inner: Linear
        var outer: Linear
        var outerNorm: Norm
    }

    let words: UnsafePointer<Float>
    let positions: UnsafePointer<Float>
    /// The row for texts that are not the second of a pair.
    let kind: UnsafePointer<Float>
    let embeddingNorm: Norm
    let layers: [Layer]
    private let file: MappedFile

    init(_ tensors: Safetensors) throws(TextEmbeddingError) {
        let width = Shape.width
        func linear(_ name: String, out: Int, in columns: Int) throws(TextEmbeddingError) -> Linear {
            Linear(
                weight: try tensors.floats(name + ".weight", shape: [out, columns]),
                bias: try tensors.floats(name + ".bias", shape: [out]))
        }
        func norm(_ name: String) throws(TextEmbeddingError) -> Norm {
            Norm(
                gain: try tensors.floats(name + ".weight", shape: [width]),
                shift: try tensors.floats(name + ".bias", shape: [width]))
        }

        words = try tensors.floats("embeddings.word_embeddings.weight", shape: [Vocabulary.piecesCount, width])
        positions = try tensors.floats("embeddings.position_embeddings.weight", shape: [Shape.positions, width])
        kind = try tensors.floats("embeddings.token_type_embeddings.weight", shape: [2, width])
        embeddingNorm = try norm("embeddings.LayerNorm")
        var layers: [Layer] = []
        for number in 0..<Shape.layers {
            let name = "encoder.layer.\(number)"
            layers.append(
                Layer(
                    query: try linear(name + ".attention.self.query", out: width, in: width),
                    key: try linear(name + ".attention.self.key", out: width, in: width),
                    value: try linear(name + ".attention.self.value", out: width, in: width),
                    attended: try linear(name + ".attention.output.dense", out: width, in: width),
                    attendedNorm: try norm(name + ".attention.output.LayerNorm"),
                    inner: try linear(name + ".intermediate.dense", out: Shape.innerWidth, in: width),
                    outer: try linear(name + ".output.dense", out: width, in: Shape.innerWidth),
                    outerNorm: try norm(name + ".output.LayerNorm")))
        }
        self.layers = layers
        file = tensors.file
    }
}
