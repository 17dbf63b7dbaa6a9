import Postgres
import Testing

@Suite("Lanes of shared transactions")
struct SharedLanesTests {
    private typealias Lanes = SharedLanes<Int>
    private let start = ContinuousClock.now

    @Test func whatComesDuringATurnIsTheNext() {
        var lanes = Lanes()
        #expect(lanes.add(1) == Lanes.Orders(beginsLane: true))
        #expect(lanes.turn(now: start) == [1])
        #expect(lanes.add(2) == Lanes.Orders(watches: true))
        #expect(lanes.add(3) == Lanes.Orders(), "one look is enough for all that wait")
        #expect(lanes.turn(now: start) == [2, 3])
        #expect(lanes.turn(now: start) == [])
        #expect(lanes.laneCount == 0)
        #expect(lanes.add(4).beginsLane)
    }

    @Test func aTurnIsBoundedAndWhatIsBeyondItBeginsAnotherLane() {
        var lanes = Lanes()
        _ = lanes.add(0)
        _ = lanes.turn(now: start)
        let begun = (1...Lanes.Limits.together + 1).map { lanes.add($0).beginsLane }
        #expect(begun.filter { $0 }.count == 1)
        #expect(begun.last == true)
        #expect(lanes.turn(now: start) == Array(1...Lanes.Limits.together))
        #expect(lanes.turn(now: start) == [Lanes.Limits.together + 1])
        #expect(lanes.laneCount == 2)
        for number in 0..<1_000 { _ = lanes.add(number) }
        #expect(lanes.laneCount == Lanes.Limits.lanes, "and never more than that")
    }

    @Test func whatIsHeldUpGetsAnotherLane() {
        var lanes = Lanes()
        _ = lanes.add(1)
        _ = lanes.turn(now: start)
        #expect(lanes.add(2).watches)
        let early = start + Lanes.Limits.patience / 2
        #expect(lanes.look(now: early) == Lanes.Orders(watches: true))
        let late = start + Lanes.Limits.patience
        #expect(lanes.look(now: late) == Lanes.Orders(beginsLane: true, watches: true))
        #expect(lanes.turn(now: late) == [2])
        #expect(lanes.look(now: late) == Lanes.Orders(), "nothing waits, so nobody looks")
        #expect(lanes.add(3).watches)
    }

    @Test func whoWaitsIsToldWhenNoLaneIsLeft() {
        var lanes = Lanes()
        _ = lanes.add(0)
        for number in 1...Lanes.Limits.together { _ = lanes.add(number) }
        #expect(lanes.laneCount == 2)
        #expect(lanes.end() == [], "the other lane takes them")
        #expect(lanes.end() == Array(0...Lanes.Limits.together))
        #expect(lanes.laneCount == 0)
        #expect(lanes.add(1).beginsLane)
    }
}
