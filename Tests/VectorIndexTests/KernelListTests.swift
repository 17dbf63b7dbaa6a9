import CBLAS
import Testing
import VectorIndex

@Suite("The sorted list that keys are inserted into")
struct KernelListTests {
    private static let padding = Int64.max

    private func insert(_ keys: [Int64], into hot: inout [Int64], _ kernels: nx_kernels) -> [Int64] {
        var overflow = [Int64](repeating: 0, count: keys.count + 1)
        let count = kernels.insert(&hot, keys, keys.count, &overflow)
        return Array(overflow.prefix(count))
    }

    @Test("the list holds the 32 smallest; the rest falls out in the order of its leaving", arguments: levels)
    func definition(level: String) {
        let kernels = KernelCases.kernels(level)
        var random = SplitMix64(seed: 31)
        for spread in [3, 50, 1 << 40] {
            var hot = [Int64](repeating: Self.padding, count: 32)
            var model = hot
            for batch in 0..<100 {
                let keys = (0..<batch % 37).map { _ -> Int64 in
                    switch random.next(below: 20) {
                    case 0: Self.padding
                    case 1: Int64.min
                    default: Int64(random.next(below: spread)) - Int64(spread / 3)
                    }
                }
                var expected: [Int64] = []
                for key in keys {
                    model.append(key)
                    model.sort()
                    let fallen = model.removeLast()
                    if fallen != Self.padding { expected.append(fallen) }
                }
                #expect(insert(keys, into: &hot, kernels) == expected, "spread \(spread), batch \(batch)")
                #expect(hot == model, "spread \(spread), batch \(batch)")
                // An emptied list fills anew.
                if batch % 9 == 8 { for i in 5..<32 { hot[i] = Self.padding } }
                if batch % 9 == 8 { model = hot }
            }
        }
    }

    @Test("the first key is taken, the others move up, and padding comes in", arguments: levels)
    func take(level: String) {
        let kernels = KernelCases.kernels(level)
        var hot = (0..<32).map { Int64($0) - 5 }
        for taken in 0..<32 {
            #expect(kernels.take(&hot) == Int64(taken) - 5)
            #expect(hot == (taken + 1..<32).map { Int64($0) - 5 } + [Int64](repeating: Self.padding, count: taken + 1))
        }
        #expect(kernels.take(&hot) == Self.padding)
    }

    @Test("no keys change nothing", arguments: levels)
    func nothing(level: String) {
        var hot = (0..<32).map { Int64($0) }
        #expect(insert([], into: &hot, KernelCases.kernels(level)).isEmpty)
        #expect(hot == (0..<32).map { Int64($0) })
    }

    static let levels = KernelCases.levels + ["scalar"]
}
