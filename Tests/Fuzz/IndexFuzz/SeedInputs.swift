import VectorIndex

/// Inputs that the fuzzer starts from: small sound indexes of every shape, each with several choices.
package enum SeedInputs {
    private struct Shape {
        var metric: Metric
        var dimensions: Int
        var vectors: Int
        var equal = 0
        var bits: Int? = nil
        var exactScanMax = 0
        var isLong = false
    }

    /// A search through the graph needs eight nodes a neighbour; calibration begins at 400 nodes, self-tests at 256.
    private static let shapes: [Shape] = [
        Shape(metric: .cosine, dimensions: 3, vectors: 5, exactScanMax: 100),
        Shape(metric: .squaredL2, dimensions: 2, vectors: 4, equal: 2, exactScanMax: 100),
        Shape(metric: .cosine, dimensions: 4, vectors: 9, bits: 1),
        Shape(metric: .cosine, dimensions: 4, vectors: 17, equal: 3, bits: 2),
        Shape(metric: .innerProduct, dimensions: 3, vectors: 10, bits: 1, isLong: true),
        Shape(metric: .innerProduct, dimensions: 5, vectors: 9, bits: 2),
        Shape(metric: .squaredL2, dimensions: 4, vectors: 9, bits: 1),
        Shape(metric: .squaredL2, dimensions: 6, vectors: 34, equal: 5, bits: 2),
        Shape(metric: .squaredL2, dimensions: 65, vectors: 9, bits: 1),
        Shape(metric: .cosine, dimensions: 2, vectors: 90, bits: 1),
    ]

    /// - Parameter build: writes an index to a path of its choice and returns the file's bytes.
    package static func make(build: (SnapshotBuilder) throws -> [UInt8]) throws -> [[UInt8]] {
        var inputs: [[UInt8]] = []
        for (number, shape) in shapes.enumerated() {
            var random = SplitMix64(seed: UInt64(number))
            var builder = SnapshotBuilder(
                dimensions: shape.dimensions, metric: shape.metric,
                parameters: BuildParameters(
                    neighborBits: shape.bits, upperDegree: 4, efConstruction: 16, exactScanMax: shape.exactScanMax,
                    threads: 1, modelFingerprint: "m"))
            let vectors = (0..<shape.vectors).map { i in
                (0..<shape.dimensions).map { _ in
                    (Float(random.next(below: 2_000)) - 999.5) / 1_000 * (shape.isLong ? Float(i + 1) : 1)
                }
            }
            for (i, vector) in (vectors + vectors.prefix(shape.equal)).enumerated() {
                let labels = number % 2 == 0 ? [] : [Label("l", "\(i % 3)")] + (i % 4 == 0 ? [Label("m", "")] : [])
                try builder.add(id: UInt64(7 * i + 1), vector: vector, labels: labels)
            }
            let file = try withMeasures(build(builder), nodes: shape.vectors)
            for choices in UInt8(0)..<8 {
                inputs.append(
                    FuzzInput(
                        packing: file, choices: choices, k: choices / 2 + 1, effort: 37 &* choices,
                        score: Float(choices) / 4 - 1, querySeed: UInt32(choices)
                    ).bytes)
            }
            if number % 3 == 0 {
                var raw = FuzzInput(packing: file, choices: 7)
                raw.flags = .isRaw
                raw.body = file
                inputs.append(raw.bytes)
            }
        }
        return inputs
    }

    /// What only a larger build measures: a curve and sample queries, made up.
    private static func withMeasures(_ file: [UInt8], nodes: Int) throws -> [UInt8] {
        guard nodes >= 9 else { return file }
        var input = FuzzInput(packing: file)
        let curve: [UInt32] = [1, Float(0).bitPattern, Float(0.9).bitPattern, Float(3).bitPattern]
        let curves = curve + [1, Float(0.1).bitPattern, Float(0.99).bitPattern, Float(4).bitPattern, 10] + curve[1...]
        let test: [UInt32] = [2, 2, Float(1).bitPattern, Float(0.1).bitPattern, 0, 1, 2, 3, 4, 5]
        input.append("CALB", stride: 16, curves)
        input.append("SELF", stride: 12, test)
        return input.file
    }
}

extension FuzzInput {
    /// Adds an optional section behind the others.
    fileprivate mutating func append(_ tag: String, stride: Int, _ numbers: [UInt32]) {
        var packed = Bytes(body)
        let count = packed.number(96, 4)
        packed.set(96, 4, UInt64(count + 1))
        var entry = Bytes(Array(tag.utf8) + [UInt8](repeating: 0, count: Self.packedEntryBytes - 4))
        entry.set(4, 2, 1)
        entry.set(6, 2, 1)
        entry.set(8, 4, UInt64(4 * numbers.count))
        entry.set(12, 4, UInt64(stride))
        packed.content.insert(contentsOf: entry.content, at: Self.tableStart + count * Self.packedEntryBytes)
        body = packed.content
        for number in numbers { body += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) } }
    }
}
