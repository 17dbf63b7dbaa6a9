import VectorIndex

/// What docs/INDEX_FORMAT.md says a row holds, computed in plain Swift: slowly, in double precision where the document
/// speaks of real numbers, and without the engine's own code.
struct PlainRow {
    let file: TestFile

    /// A node's vector as the document says codes see it: moved, lifted, padded, rotated and scaled, not yet rounded.
    func rotated(_ node: Int) -> [Double] {
        let vector = file.vector(node).map { Double($0) }
        var moved = vector
        if let center = file.section("CNTR") {
            for i in moved.indices { moved[i] -= Double(file.float(center.offset + 4 * i)) }
        }
        if file.commonLength > 0 {
            let length = Double(file.commonLength)
            moved.append(max(length * length - vector.reduce(0) { $0 + $1 * $1 }, 0).squareRoot())
        }
        moved += [Double](repeating: 0, count: file.codeBytes - moved.count)
        return rotate(moved).map { $0 * Double(file.scale) }
    }

    private func rotate(_ vector: [Double]) -> [Double] {
        let length = vector.count
        let power = 1 << (Int.bitWidth - 1 - length.leadingZeroBitCount)
        var vector = vector
        var random = SplitMix64(seed: file.seed)
        for round in 0..<(power == length ? 2 : 4) {
            for i in 0..<length where random.next() >> 63 == 1 { vector[i] = -vector[i] }
            let start = round % 2 == 0 ? 0 : length - power
            let part = Array(vector[start..<start + power])
            for i in 0..<power {
                let sum = (0..<power).reduce(0.0) { $0 + ((i & $1).nonzeroBitCount % 2 == 0 ? part[$1] : -part[$1]) }
                vector[start + i] = sum / Double(power).squareRoot()
            }
            guard power < length else { continue }
            let halves = vector
            for i in 0..<length / 2 {
                vector[i] = (halves[i] + halves[i + length / 2]) / 2.0.squareRoot()
                vector[i + length / 2] = (halves[i] - halves[i + length / 2]) / 2.0.squareRoot()
            }
        }
        return vector
    }

    /// Which of -1 and 1, or of -3, -1, 1 and 3, codes each coordinate of a neighbour's difference.
    func coded(_ difference: [Int]) -> [Int] {
        let square = difference.reduce(0) { $0 + $1 * $1 }
        return difference.map { r in
            let magnitude = file.planes == 2 && r * r * difference.count > square ? 3 : 1
            return r < 0 ? -magnitude : magnitude
        }
    }

    /// What the packed bits of a slot say, by coordinate.
    func unpacked(_ node: Int, slot: Int) -> [Int] {
        let planes = (0..<file.planes).map { plane in
            (0..<file.codeBytes).map { i in
                let block = file.row(node) + file.codeBytes + (slot / 32 * file.planes + plane) * 4 * file.codeBytes
                let byte = Int(file.bytes[block + i / 4 * 16 + slot % 16])
                let nibble = slot % 32 < 16 ? byte & 15 : byte >> 4
                return nibble >> (i % 4) & 1 == 1 ? 1 : -1
            }
        }
        return planes.count == 1 ? planes[0] : zip(planes[0], planes[1]).map { 2 * $0 + $1 }
    }

    /// A slot's factors for a neighbour.
    func factors(_ node: Int, _ neighbor: Int) -> (fa: Float16, fr: Float16) {
        let c = file.code(node)
        let r = zip(file.code(neighbor), c).map { $0 - $1 }
        let v = coded(r)
        func dot(_ a: [Int], _ b: [Int]) -> Double { Double(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }) }
        let unit = Double(Float(5.5 / 127) / Float(file.codeBytes).squareRoot())
        let ratio = dot(r, v) > 0 ? dot(r, r) / dot(r, v) : 0
        let along = file.metric == 3 ? -dot(r, r) / 2 : dot(c, r)
        return (Float16(Float((along - ratio * dot(c, v)) * unit * unit)), Float16(Float(ratio * unit)))
    }
}
