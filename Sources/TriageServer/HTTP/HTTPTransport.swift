/// What the routes must know of how requests come to them.
package struct HTTPTransport: Sendable {
    /// By TLS of this server's own.
    var isTLS = false
    /// Whether browsers are told never to come by plain HTTP again.
    var isHTTPSOnly = false
    var trustedProxies = TrustedProxies.none
    var times = RequestTimes()
}

/// How long a request may take.
package struct RequestTimes: Sendable {
    /// Until the whole body has come.
    package var bodyArrival = Duration.seconds(30)
    /// Until the answer. Event streams have no such end.
    package var total = Duration.seconds(60)

    package init() {}

    package init(bodyArrival: Duration, total: Duration) {
        self.bodyArrival = bodyArrival
        self.total = total
    }

    /// What a wait leaves for the answer; of a short time it leaves half.
    private static let answering = Duration.seconds(1)

    /// How long a request may go on waiting for something to happen, so that the answer, whatever it is by then, comes before
    /// its time is up.
    ///
    /// - Parameters:
    ///   - asked: never longer than this.
    ///   - beginning: when the request came to its route.
    package func wait(
        _ asked: Duration, since beginning: ContinuousClock.Instant, now: ContinuousClock.Instant = .now
    ) -> Duration {
        let end = beginning + total - min(Self.answering, total / 2)
        return max(.zero, min(asked, now.duration(to: end)))
    }
}
