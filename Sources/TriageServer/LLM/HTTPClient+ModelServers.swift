import AsyncHTTPClient
import NIOCore

extension HTTPClient.Configuration {
    /// For clients that ask model servers.
    ///
    /// Redirects are not followed: a ticket's text goes to the configured address and to no other. A refused connection
    /// fails at once, because there is always the local engine's answer, and the circuit breaker tries again later.
    package static var modelServers: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: Timeout(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
