import Hummingbird
import HummingbirdCore
import NIOCore

/// How much of the server one connection may take.
enum ConnectionLimits {
    /// One header field; the largest that is meant to come is a token.
    static let headerFieldBytesMax = 16 * 1024
    /// All header fields of a request.
    static let headerListBytesMax = 32 * 1024
    static let headerFieldsMax = 100
    /// Without a byte from the client, in a request or between two; longer than any `?wait=`.
    static let idle = TimeAmount.seconds(60)

    /// HTTP/1.1 within these limits; beyond them the connection gets a 400 and is closed.
    static var server: HTTPServerBuilder {
        .http1(
            configuration: .init(
                idleTimeout: idle,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: headerFieldBytesMax, maxHeaderListSize: headerListBytesMax,
                    maxHeaderFieldCount: headerFieldsMax)))
    }
}
