import CBLAS

/// Whether the system's BLAS computes right on this processor: old builds are known to be wrong on newer ones.
enum BLASCheck {
    /// Compared once per process, on sizes with odd tails.
    static let isSound: Bool = {
        let (rows, columns, depth) = (37, 29, 131)
        var random = SplitMix64(seed: 7)
        let a = (0..<rows * depth).map { _ in Float(random.next(below: 2001) - 1000) / 1000 }
        let b = (0..<columns * depth).map { _ in Float(random.next(below: 2001) - 1000) / 1000 }
        var c = [Float](repeating: 0, count: rows * columns)
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, CInt(rows), CInt(columns), CInt(depth), 1, a, CInt(depth), b,
            CInt(depth), 0,
            &c, CInt(columns))
        for row in 0..<rows {
            for column in 0..<columns {
                let expected = (0..<depth).reduce(0.0) {
                    $0 + Double(a[row * depth + $1]) * Double(b[column * depth + $1])
                }
                guard abs(Double(c[row * columns + column]) - expected) < 1e-3 else { return false }
            }
        }
        return true
    }()
}
