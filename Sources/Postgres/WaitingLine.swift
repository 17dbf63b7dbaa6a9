/// Requests in the order they came, each with the time at which it gives up. All wait equally long, so the first to
/// give up is always the first in line.
struct WaitingLine {
    typealias Instant = PoolStateMachine.Instant
    typealias RequestID = PoolStateMachine.RequestID

    private var line: [RequestID] = []
    private var head = 0
    private var deadlines: [RequestID: Instant] = [:]

    var count: Int { deadlines.count }

    var firstDeadline: Instant? {
        line[head...].lazy.compactMap { deadlines[$0] }.first
    }

    mutating func append(_ request: RequestID, deadline: Instant) {
        line.append(request)
        deadlines[request] = deadline
    }

    mutating func popFirst() -> RequestID? {
        while head < line.count {
            let request = line[head]
            head += 1
            if deadlines.removeValue(forKey: request) != nil {
                compact()
                return request
            }
        }
        compact()
        return nil
    }

    /// Takes one out of the middle. Its place in line is skipped when its turn comes.
    /// - Returns: whether it was waiting.
    mutating func remove(_ request: RequestID) -> Bool {
        guard deadlines.removeValue(forKey: request) != nil else { return false }
        if deadlines.isEmpty { compact() }
        return true
    }

    mutating func removeExpired(now: Instant) -> [RequestID] {
        var expired: [RequestID] = []
        while let deadline = firstDeadline, deadline <= now, let request = popFirst() { expired.append(request) }
        return expired
    }

    mutating func removeAll() -> [RequestID] {
        let all = line[head...].filter { deadlines[$0] != nil }
        self = WaitingLine()
        return all
    }

    /// Forgets served places before they outgrow those that still wait.
    private mutating func compact() {
        if deadlines.isEmpty {
            line.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > line.count {
            line.removeFirst(head)
            head = 0
        }
    }
}
