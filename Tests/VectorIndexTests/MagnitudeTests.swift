import CBLAS
import Testing

@Suite("What a vector's values are, at all lengths")
struct MagnitudeTests {
    private static let odd: [Float] = [
        .nan, -.nan, .signalingNaN, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        .leastNonzeroMagnitude, -0.0,
    ]

    @Test("one odd value is seen wherever it stands, tails included")
    func oddValues() {
        for length in Array(1...70) + [383, 384, 385, 4_096] {
            for value in Self.odd {
                for place in Set([0, length / 2, length - 1]) {
                    var vector = (0..<length).map { Float($0 % 7) - 3 }
                    vector[place] = value
                    #expect((nx_all_finite(vector, length) != 0) == value.isFinite, "\(value) at \(place) of \(length)")
                    let largest = nx_largest_magnitude(vector, length)
                    if value.isNaN {
                        #expect(largest.isNaN)
                    } else {
                        #expect(largest == vector.map(abs).max(), "\(value) at \(place) of \(length)")
                    }
                }
            }
        }
        #expect(nx_largest_magnitude([1], 0) == 0 && nx_all_finite([.nan], 0) != 0)
    }
}
