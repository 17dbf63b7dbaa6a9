import HTTPTypes

/// Whose request it is, and by which scheme it came to the outermost proxy that is believed.
extension APIContext {
    /// Fills in `clientAddress` and `scheme` from the connection and, where its peer is a trusted proxy, its word.
    mutating func resolveClient(_ headers: HTTPFields, _ transport: HTTPTransport) {
        scheme = transport.isTLS ? "https" : "http"
        guard let peer = remoteAddress else { return }
        clientAddress = transport.trustedProxies.client(peer: peer, forwardedFor: headers[values: .xForwardedFor])
        guard transport.trustedProxies.contains(peer) else { return }
        // The nearest proxy's own word is the last.
        let said = headers[values: .xForwardedProto].last?.split(separator: ",").last.map {
            String($0).trimmingWhitespace().lowercased()
        }
        if let said, ["http", "https"].contains(said) { scheme = said }
    }
}

extension HTTPField.Name {
    static let xForwardedFor = Self("X-Forwarded-For")!
    static let xForwardedProto = Self("X-Forwarded-Proto")!
    static let strictTransportSecurity = Self("Strict-Transport-Security")!
}
