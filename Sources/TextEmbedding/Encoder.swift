import CBLAS

/// The transformer: token ids of several texts in, one unit vector for each out.
///
/// The tokens of all texts of a group stand below each other in one matrix, so that every layer is one multiplication
/// for the group and nothing is padded; only attention runs text by text. The weights are read where they are mapped.
///
/// Source: Devlin et al., "BERT" (2018); the layout of all-MiniLM-L6-v2: 6 layers, 12 heads of 32, GELU by erf, mean
/// pooling.
struct Encoder: Sendable {
    private typealias Shape = EncoderWeights.Shape

    let weights: EncoderWeights
    /// The build of the kernels to run.
    let kernels: nexify_encoder_kernels

    /// Writes for each text its vector of `Shape.width`.
    ///
    /// - Precondition: every text has 1 to 512 ids of the vocabulary, and `scratch` has a row for each id.
    func encode(_ texts: ArraySlice<[Int32]>, scratch: EncoderScratch, write: (Int, UnsafePointer<Float>) -> Void) {
        var rows = 0
        for ids in texts {
            ids.withUnsafeBufferPointer { ids in
                kernels.embed(
                    ids.baseAddress, ids.count, Shape.width, weights.words, weights.positions, weights.kind,
                    weights.embeddingNorm.gain, weights.embeddingNorm.shift, scratch.hidden + rows * Shape.width)
            }
            rows += ids.count
        }

        for layer in weights.layers {
            let (hidden, query, key, value) = (scratch.hidden, scratch.query, scratch.key, scratch.value)
            multiply(layer.query, hidden, rows, Shape.width, Shape.width, into: query)
            multiply(layer.key, hidden, rows, Shape.width, Shape.width, into: key)
            multiply(layer.value, hidden, rows, Shape.width, Shape.width, into: value)
            var row = 0
            for ids in texts {
                let at = row * Shape.width
                kernels.attention(
                    query + at, key + at, value + at, ids.count, Shape.width, query + at, scratch.attention)
                row += ids.count
            }
            multiply(layer.attended, query, rows, Shape.width, Shape.width, into: scratch.attended)
            addNorm(hidden, layer.attendedNorm, rows, into: scratch.attended)

            multiply(layer.inner, scratch.attended, rows, Shape.width, Shape.innerWidth, into: scratch.inner)
            kernels.gelu(scratch.inner, rows * Shape.innerWidth)
            multiply(layer.outer, scratch.inner, rows, Shape.innerWidth, Shape.width, into: hidden)
            addNorm(scratch.attended, layer.outerNorm, rows, into: hidden)
        }

        var row = 0
        for index in texts.indices {
            // The attended rows are free again and hold at least one vector.
            kernels.mean_unit(scratch.hidden + row * Shape.width, texts[index].count, Shape.width, scratch.attended)
            write(index, scratch.attended)
            row += texts[index].count
        }
    }

    private func multiply(
        _ layer: EncoderWeights.Linear, _ x: UnsafePointer<Float>, _ rows: Int, _ columns: Int, _ out: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        kernels.linear(x, rows, columns, layer.weight, layer.bias, out, y)
    }

    private func addNorm(
        _ x: UnsafePointer<Float>, _ norm: EncoderWeights.Norm, _ rows: Int, into y: UnsafeMutablePointer<Float>
    ) {
        kernels.add_norm(x, y, rows, Shape.width, norm.gain, norm.shift)
    }
}
