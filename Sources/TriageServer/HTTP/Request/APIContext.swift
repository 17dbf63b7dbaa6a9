import Hummingbird
import Logging
import NIOCore

/// What the server knows of one request beside its head and body.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Echoed in `X-Request-ID`, written in every log line.
    package var requestID = ""
    /// The peer of the connection; nil where there is none, as in router tests.
    package let remoteAddress: String?
    /// Whose request it is: the peer, or whom a trusted proxy names.
    package var clientAddress: String?
    /// `http` or `https`, as the client spoke.
    package var scheme = "http"
    /// Whose data it is about, for the log.
    package let subject = RequestSubject()
    /// The method as the client spelt it, where the router sees a stand-in.
    package var methodAsSent: String?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
        clientAddress = remoteAddress
    }
}
