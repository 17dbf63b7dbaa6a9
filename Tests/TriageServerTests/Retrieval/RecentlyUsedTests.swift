import Testing
import TriageServer

@Suite("Least recently used first")
struct RecentlyUsedTests {
    @Test func closesWhatNobodyAskedForTheLongest() {
        var values = RecentlyUsed<Int, Bool>()
        for key in 1...5 { values[key] = true }
        #expect(values.use(1) == true)
        #expect(values.use(9) == nil)
        // Changing a value is no use of it.
        values[2] = true
        #expect(values.trim(to: 3, counting: { $0 }, sparing: { _ in false }) == [2, 3])
        #expect(Set(values.keys) == [1, 4, 5])
    }

    @Test func sparesAndDoesNotCountWhatItIsTold() {
        var values = RecentlyUsed<Int, (isOpen: Bool, isBusy: Bool)>()
        values[1] = (true, true)
        values[2] = (false, false)
        values[3] = (true, false)
        values[4] = (true, false)
        #expect(values.trim(to: 1, counting: \.isOpen, sparing: \.isBusy) == [3, 4])
        #expect(values.trim(to: 0, counting: \.isOpen, sparing: \.isBusy) == [])
        #expect(values.count == 2)
    }
}
