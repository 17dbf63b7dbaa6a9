import Postgres
import Testing

/// The pool's decisions, without I/O and without waiting: time is what the test says it is.
struct PoolStateMachineTests {
    typealias Machine = PoolStateMachine
    private let start = ContinuousClock.now

    private func machine(sizeMax: Int = 2, waitersMax: Int = 3) -> Machine {
        Machine(
            limits: .init(
                sizeMax: sizeMax, waitersMax: waitersMax, acquireTimeout: .seconds(1), idleMax: .seconds(60),
                lifetimeMax: .seconds(600)))
    }

    private func request(_ number: UInt64) -> Machine.RequestID { .init(number: number) }
    private func connection(_ number: UInt64) -> Machine.ConnectionID { .init(number: number) }
    private func at(_ seconds: Double) -> Machine.Instant { start + .milliseconds(Int64((seconds * 1_000).rounded())) }

    @Test func connectsOnDemandAndReusesTheLastUsed() {
        var pool = machine()
        #expect(pool.acquire(request(1), now: at(0)) == [.connect(connection(1))])
        #expect(pool.acquire(request(2), now: at(0)) == [.connect(connection(2))])
        #expect(pool.connected(connection(2), now: at(0.1)) == [.lease(connection(2), to: request(1))])
        #expect(pool.connected(connection(1), now: at(0.1)) == [.lease(connection(1), to: request(2))])
        #expect(pool.release(connection(1), isReusable: true, now: at(1)) == [])
        #expect(pool.release(connection(2), isReusable: true, now: at(2)) == [])
        #expect(pool.acquire(request(3), now: at(3)) == [.lease(connection(2), to: request(3))])
        #expect((pool.idleCount, pool.leasedCount, pool.waiterCount) == (1, 1, 0))
    }

    @Test func waitersAreServedInOrder() {
        var pool = machine(sizeMax: 1)
        _ = pool.acquire(request(1), now: at(0))
        _ = pool.connected(connection(1), now: at(0))
        for number in 2...4 as ClosedRange<UInt64> { #expect(pool.acquire(request(number), now: at(0)) == []) }
        #expect(pool.acquire(request(5), now: at(0)) == [.fail(request(5), .tooManyWaiters)])
        #expect(pool.cancel(request(3)) == [.fail(request(3), .cancelled)])
        #expect(pool.cancel(request(3)) == [])
        #expect(pool.release(connection(1), isReusable: true, now: at(0.5)) == [.lease(connection(1), to: request(2))])
        #expect(pool.release(connection(1), isReusable: true, now: at(0.6)) == [.lease(connection(1), to: request(4))])
        #expect(pool.release(connection(1), isReusable: true, now: at(0.7)) == [])
    }

    @Test func waitersGiveUpInTime() {
        var pool = machine(sizeMax: 1)
        _ = pool.acquire(request(1), now: at(0))
        _ = pool.connected(connection(1), now: at(0))
        _ = pool.acquire(request(2), now: at(0.2))
        _ = pool.acquire(request(3), now: at(0.7))
        #expect(pool.nextDeadline == at(1.2))
        #expect(pool.tick(now: at(1.2)) == [.fail(request(2), .timedOut)])
        #expect(pool.nextDeadline == at(1.7))
        #expect(pool.release(connection(1), isReusable: true, now: at(1.3)) == [.lease(connection(1), to: request(3))])
    }

    @Test func withNoServerEveryWaiterFailsAtOnce() {
        var pool = machine()
        _ = pool.acquire(request(1), now: at(0))
        _ = pool.acquire(request(2), now: at(0))
        #expect(
            pool.connectFailed(connection(1), now: at(0.01)) == [
                .fail(request(1), .unreachable), .fail(request(2), .unreachable),
            ])
        #expect(pool.connectFailed(connection(2), now: at(0.01)) == [])
        // Within the backoff nothing is opened; then one attempt is made for whoever waits.
        #expect(pool.acquire(request(3), now: at(0.02)) == [])
        #expect(pool.acquire(request(4), now: at(0.02)) == [])
        let retry = pool.nextDeadline!
        #expect(retry > at(0.02) && retry <= at(0.2))
        #expect(pool.tick(now: retry) == [.connect(connection(3))])
        #expect(
            pool.connected(connection(3), now: at(0.3))
                == [.lease(connection(3), to: request(3)), .connect(connection(4))])
    }

    @Test func backoffGrowsToItsBound() {
        var pool = machine(sizeMax: 1)
        var now = at(0)
        var waits: [Duration] = []
        var id: UInt64 = 0
        for number in 1...8 as ClosedRange<UInt64> {
            var actions = pool.acquire(request(number), now: now)
            if actions.isEmpty {
                let retry = pool.nextDeadline!
                waits.append(retry - now)
                now = retry
                actions = pool.tick(now: now)
            }
            id += 1
            // The last waiters may give up at the very moment of the attempt; the attempt is made first for those left.
            guard actions.contains(.connect(connection(id))) else { break }
            _ = pool.connectFailed(connection(id), now: now)
        }
        #expect(
            waits.prefix(5) == [
                .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800),
            ])
        #expect(waits.allSatisfy { $0 <= .seconds(1) })
    }

    @Test func aFailureToGrowDoesNotFailThoseWhoWait() {
        var pool = machine(sizeMax: 2)
        _ = pool.acquire(request(1), now: at(0))
        _ = pool.connected(connection(1), now: at(0))
        #expect(pool.acquire(request(2), now: at(0)) == [.connect(connection(2))])
        #expect(pool.connectFailed(connection(2), now: at(0)) == [])
        #expect(pool.release(connection(1), isReusable: true, now: at(0.1)) == [.lease(connection(1), to: request(2))])
    }

    @Test func brokenAndOldConnectionsAreReplaced() {
        var pool = machine(sizeMax: 1)
        _ = pool.acquire(request(1), now: at(0))
        _ = pool.connected(connection(1), now: at(0))
        _ = pool.acquire(request(2), now: at(0))
        #expect(
            pool.release(connection(1), isReusable: false, now: at(0.1)) == [
                .close(connection(1)), .connect(connection(2)),
            ])
        _ = pool.connected(connection(2), now: at(0.2))
        #expect(pool.broke(connection(2), now: at(0.3)) == [])
        #expect(pool.release(connection(2), isReusable: true, now: at(0.4)) == [.close(connection(2))])
        _ = pool.acquire(request(3), now: at(1))
        _ = pool.connected(connection(3), now: at(1))
        #expect(pool.release(connection(3), isReusable: true, now: at(2)) == [])
        #expect(pool.broke(connection(3), now: at(3)) == [.close(connection(3))])
        #expect(pool.connectionCount == 0)
        _ = pool.acquire(request(4), now: at(4))
        _ = pool.connected(connection(4), now: at(4))
        #expect(pool.release(connection(4), isReusable: true, now: at(604)) == [.close(connection(4))])
    }

    @Test func idleConnectionsAreClosed() {
        var pool = machine()
        for number in 1...2 as ClosedRange<UInt64> {
            _ = pool.acquire(request(number), now: at(0))
        }
        for number in 1...2 as ClosedRange<UInt64> { _ = pool.connected(connection(number), now: at(0)) }
        _ = pool.release(connection(1), isReusable: true, now: at(1))
        _ = pool.release(connection(2), isReusable: true, now: at(5))
        #expect(pool.nextDeadline == at(61))
        #expect(pool.tick(now: at(61)) == [.close(connection(1))])
        #expect(pool.tick(now: at(65)) == [.close(connection(2))])
        #expect(pool.nextDeadline == nil)
    }

    @Test func shuttingDownDrains() {
        var pool = machine(sizeMax: 3)
        for number in 1...3 as ClosedRange<UInt64> { _ = pool.acquire(request(number), now: at(0)) }
        _ = pool.connected(connection(1), now: at(0))
        _ = pool.connected(connection(2), now: at(0))
        _ = pool.release(connection(1), isReusable: true, now: at(0))
        #expect(pool.acquire(request(4), now: at(0)) == [])
        #expect(pool.leasedCount == 2)
        #expect(pool.shutDown() == [.fail(request(4), .shutDown)])
        #expect(pool.acquire(request(5), now: at(1)) == [.fail(request(5), .shutDown)])
        #expect(pool.connected(connection(3), now: at(1)) == [.close(connection(3))])
        #expect(pool.release(connection(1), isReusable: true, now: at(1)) == [.close(connection(1))])
        #expect(pool.release(connection(2), isReusable: true, now: at(1)) == [.close(connection(2)), .drained])
    }

    /// Random events for a long while: nobody is served twice or forgotten, and no bound is passed.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func keepsItsInvariants(seed: UInt64) {
        var random = SplitMix(state: seed)
        var pool = machine(sizeMax: 3, waitersMax: 5)
        var now = start
        var waiting: [UInt64] = []
        var leased: [Machine.ConnectionID] = []
        var connecting: [Machine.ConnectionID] = []
        var requested: UInt64 = 0

        func note(_ actions: [Machine.Action]) {
            for action in actions {
                switch action {
                case .connect(let id): connecting.append(id)
                case .lease(let id, let request):
                    #expect(waiting.first == request.number, "first come, first served")
                    waiting.removeFirst()
                    #expect(!leased.contains(id))
                    leased.append(id)
                case .fail(let request, _):
                    #expect(waiting.contains(request.number))
                    waiting.removeAll { $0 == request.number }
                case .close(let id): #expect(!leased.contains(id))
                case .drained: Issue.record("was not shut down")
                }
            }
        }
        for _ in 0..<5_000 {
            now += .milliseconds(Int64.random(in: 0...80, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                requested += 1
                waiting.append(requested)
                note(pool.acquire(request(requested), now: now))
            case 3...5:
                if let index = leased.indices.randomElement(using: &random) {
                    let id = leased.remove(at: index)
                    note(pool.release(id, isReusable: .random(using: &random), now: now))
                }
            case 6...7:
                if let index = connecting.indices.randomElement(using: &random) {
                    let id = connecting.remove(at: index)
                    note(Bool.random(using: &random) ? pool.connected(id, now: now) : pool.connectFailed(id, now: now))
                }
            case 8:
                if let number = waiting.randomElement(using: &random) { note(pool.cancel(request(number))) }
            default:
                if let deadline = pool.nextDeadline {
                    now = max(now, deadline)
                    note(pool.tick(now: now))
                }
            }
            #expect(pool.connectionCount <= 3 && pool.waiterCount <= 5)
            #expect(pool.waiterCount == waiting.count && pool.leasedCount == leased.count)
            #expect(pool.connectingCount == connecting.count)
            #expect(pool.waiterCount == 0 || pool.idleCount == 0, "nobody waits beside a free connection")
        }
    }
}

/// A seeded generator (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
