/// Where a connection stands between its requests and their answers: what `ConnectionGuard` decides by.
package struct ConnectionProgress: Sendable {
    private var requestsBegun = 0
    private var responsesEnded = 0
    /// The head of the latest request has come, its end has not.
    private var isRequestOpen = false

    /// The body of a request was no HTTP, and its answer was still to come.
    private var hasFaultyBody = false

    package init() {}

    package mutating func requestBegins() {
        requestsBegun += 1
        isRequestOpen = true
    }

    package mutating func requestEnds() { isRequestOpen = false }

    package mutating func responseEnds() { responsesEnded += 1 }

    /// Everything is answered, and nothing else has begun.
    package var isIdle: Bool { requestsBegun == responsesEnded && !isRequestOpen }

    /// Everything is answered, yet the client goes on sending the body of what was answered.
    package var isSendingInVain: Bool { requestsBegun == responsesEnded && isRequestOpen }

    /// What would be written now answers nothing: the fault that it tells of was part of what is answered. Whoever reads
    /// answers in order, a proxy, say, would take it for that of the next request.
    package var isAnsweringTwice: Bool { hasFaultyBody && requestsBegun == responsesEnded }

    /// What to do about bytes that are no HTTP.
    package enum FaultAction: Sendable, Equatable {
        /// Nothing else will answer: do it here.
        case answer
        /// A handler is at work; its answer comes first.
        case forward
        /// All is answered already.
        case close
    }

    package mutating func fault() -> FaultAction {
        if requestsBegun > responsesEnded {
            hasFaultyBody = hasFaultyBody || isRequestOpen
            return .forward
        }
        return isRequestOpen ? .close : .answer
    }
}
