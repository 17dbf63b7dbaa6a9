import Postgres
import Testing

@Suite("Lanes of shared transactions")
struct SharedLanesTests {
    private typealias Lanes = SharedLanes<Int>
    private typealias Limits = Lanes.Limits
    private let start = ContinuousClock.now

    private func lanes(waitersMax: Int = 1_000) -> Lanes { Lanes(waitersMax: waitersMax, waitMax: .seconds(1)) }

    private func begins(_ order: Lanes.Order?) -> Lanes.Lane? { if case .begin(let lane) = order { lane } else { nil } }

    @Test func whatComesDuringATurnIsTheNext() {
        var lanes = lanes()
        #expect(begins(lanes.add(1, now: start)) != nil)
        #expect(lanes.turn(now: start)?.transactions == [1])
        let later = start + .milliseconds(1)
        #expect(lanes.add(2, now: later) == .watch)
        #expect(lanes.add(3, now: later + .milliseconds(1)) == nil, "one look is enough for all that wait")
        let turn = lanes.turn(now: later)
        #expect(turn?.transactions == [2, 3] && turn?.since == later)
        #expect(lanes.turn(now: later) == nil)
        #expect(lanes.laneCount == 0)
        #expect(begins(lanes.add(4, now: later)) != nil)
    }

    @Test func aTurnIsBoundedAndWhatIsBeyondItBeginsAnotherLane() {
        var lanes = lanes(waitersMax: 2_000)
        _ = lanes.add(0, now: start)
        _ = lanes.turn(now: start)
        let begun = (1...Limits.together + 1).map { begins(lanes.add($0, now: start)) != nil }
        #expect(begun.filter { $0 }.count == 1)
        #expect(begun.last == true)
        #expect(lanes.turn(now: start)?.transactions == Array(1...Limits.together))
        #expect(lanes.turn(now: start)?.transactions == [Limits.together + 1])
        #expect(lanes.laneCount == 2)
        for number in 0..<1_000 { _ = lanes.add(number, now: start) }
        #expect(lanes.laneCount == Limits.lanes, "and never more than that")
    }

    @Test func whatIsHeldUpGetsAnotherLane() {
        var lanes = lanes()
        _ = lanes.add(1, now: start)
        _ = lanes.turn(now: start)
        #expect(lanes.add(2, now: start) == .watch)
        let early = lanes.look(now: start + Limits.patience / 2)
        #expect(early.begins == nil && early.again)
        let late = start + Limits.patience
        let look = lanes.look(now: late)
        #expect(look.begins != nil && look.again && look.expired == [])
        #expect(lanes.turn(now: late)?.transactions == [2])
        #expect(!lanes.look(now: late).again, "nobody waits, so nobody looks")
        #expect(lanes.add(3, now: late) == .watch)
    }

    /// A server that does not answer must not be waited for without an end.
    @Test func nobodyWaitsForEverAndNotTooManyWait() {
        var lanes = lanes(waitersMax: 3)
        for number in 0..<Limits.lanes {
            _ = lanes.add(number, now: start)
            if number > 0 { _ = lanes.look(now: start + .milliseconds(10 * number)) }
            _ = lanes.turn(now: start + .milliseconds(10 * number))
        }
        #expect(lanes.laneCount == Limits.lanes, "all of them are stuck from here on")
        for number in 10..<13 { #expect(lanes.add(number, now: start + .milliseconds(100 * number)) != .refuse) }
        #expect(lanes.add(13, now: start + .milliseconds(1_300)) == .refuse)
        let look = lanes.look(now: start + .milliseconds(2_100))
        #expect(look.expired == [10, 11] && look.begins == nil && look.again)
        #expect(lanes.expire(after: .milliseconds(900), now: start + .milliseconds(2_100)) == [12])
        #expect(!lanes.look(now: start + .milliseconds(2_100)).again)
    }

    @Test func aLaneWithoutAConnectionIsTheAnswerOnlyWhereNoOtherIsLeft() throws {
        var lanes = lanes()
        let first = try #require(begins(lanes.add(0, now: start)))
        for number in 1..<Limits.together { _ = lanes.add(number, now: start) }
        let second = try #require(begins(lanes.add(100, now: start)))
        let refused = lanes.end(second, now: start)
        #expect(refused.failed == [] && refused.begins == nil, "the other lane may take them yet")
        let late = lanes.end(first, now: start)
        #expect(late.failed == [0] && late.begins != nil, "who came later is tried anew")
        #expect(lanes.turn(now: start)?.transactions == Array(1..<Limits.together) + [100])
        #expect(lanes.turn(now: start) == nil)
        #expect(lanes.laneCount == 0)
    }

    @Test func whoseTimeIsUpIsToldSoByWhicheverLaneEnds() throws {
        var lanes = lanes()
        _ = lanes.add(0, now: start)
        for number in 1..<Limits.together { _ = lanes.add(number, now: start) }
        let second = try #require(begins(lanes.add(100, now: start + .milliseconds(900))))
        #expect(lanes.end(second, now: start + .seconds(1)).failed == Array(0..<Limits.together))
    }
}
