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
    /// Until the answer; longer than any `?wait=`. Event streams have no such end.
    package var total = Duration.seconds(60)

    package init() {}

    package init(bodyArrival: Duration, total: Duration) {
        self.bodyArrival = bodyArrival
        self.total = total
    }
}
