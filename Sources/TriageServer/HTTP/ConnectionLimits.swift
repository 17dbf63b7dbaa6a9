import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// How much of the server one connection may take, and how many there may be.
package struct ConnectionLimits: Sendable {
    /// One header field; the largest that is meant to come is a token.
    static let headerFieldBytesMax = 16 * 1024
    /// All header fields of a request.
    static let headerListBytesMax = 32 * 1024
    static let headerFieldsMax = 100

    /// Connections at a time; the system's queue keeps those beyond until one closes.
    package var connectionsMax: Int
    /// From the connection to the end of its first request's head, a TLS handshake included.
    package var headArrival: Duration
    /// Between the end of an answer and the end of the next request's head.
    package var idle: Duration

    /// HTTP/1.1 within these limits, by TLS when there is a configuration for it.
    ///
    /// - Throws: when the certificate or key cannot be used.
    func server(tls: TLSConfiguration?, logger: Logger) throws -> HTTPServerBuilder {
        let headArrival = TimeAmount(headArrival)
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [ConnectionGuard(headArrival: headArrival, logger: logger)],
                idleTimeout: TimeAmount(idle),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.headerFieldBytesMax, maxHeaderListSize: Self.headerListBytesMax,
                    maxHeaderFieldCount: Self.headerFieldsMax)))
        return try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain
    }
}
