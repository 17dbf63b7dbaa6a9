import Measurement
import Testing

@Suite("Quantiles")
struct QuantilesTests {
    @Test("Nearest rank over 1...100, in any order, gives the share itself")
    func hundred() {
        let quantiles = Quantiles((1...100).map(Double.init).reversed())
        #expect(quantiles.median == 50)
        #expect(quantiles[0.9] == 90)
        #expect(quantiles[0.99] == 99)
        #expect(quantiles[1] == 100)
        #expect(quantiles[0] == 1)
    }

    @Test("One value is every quantile")
    func one() {
        let quantiles = Quantiles([7])
        #expect(quantiles.median == 7)
        #expect(quantiles[0.99] == 7)
    }

    @Test("A duration's milliseconds keep their fraction")
    func milliseconds() { #expect(Duration.microseconds(2_500).milliseconds == 2.5) }
}

@Suite("Figures")
struct FigureTests {
    @Test("A target is met at its bound and missed beyond it")
    func targets() {
        #expect(Figure("a", 50, unit: "ms", target: .atMost(50)).isWithinTarget)
        #expect(!Figure("a", 50.1, unit: "ms", target: .atMost(50)).isWithinTarget)
        #expect(Figure("a", 0.95, unit: "", target: .atLeast(0.95)).isWithinTarget)
        #expect(!Figure("a", 0.9, unit: "", target: .atLeast(0.95)).isWithinTarget)
    }
}
