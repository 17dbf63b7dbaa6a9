/// The proxies in front of this server whose word on a request's client is believed. Anybody can send `X-Forwarded-For`.
package struct TrustedProxies: Sendable {
    /// Something in the list that is no address and no block.
    package struct NoBlock: Error {
        package var text: String
    }

    static let none = TrustedProxies(blocks: [])

    private let blocks: [AddressBlock]

    private init(blocks: [AddressBlock]) { self.blocks = blocks }

    /// - Parameter list: addresses and CIDR blocks with commas between; empty trusts nobody.
    /// - Throws: `NoBlock`.
    package init(_ list: String) throws {
        blocks = try list.split(separator: ",").map { part in
            let text = String(part).trimmingWhitespace()
            guard let block = AddressBlock(text) else { throw NoBlock(text: text) }
            return block
        }
    }

    package func contains(_ address: String) -> Bool { IPAddress(address).map(contains) ?? false }

    private func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// The nearest hop that is no proxy of ours: from the connection's peer backwards through `X-Forwarded-For`, whose
    /// last entry is the peer's own word. What lies beyond that hop is hearsay.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwardedFor: the fields' values in their order.
    package func client(peer: String, forwardedFor: [String]) -> String {
        guard var client = IPAddress(peer) else { return peer }
        let hops = forwardedFor.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.reversed() {
            // A word that is no address ends what can be believed.
            guard contains(client), let next = Self.address(String(hop).trimmingWhitespace()) else { break }
            client = next
        }
        return client.description
    }

    /// `address`, `address:port`, `[address]` or `[address]:port`, as proxies write it.
    private static func address(_ hop: String) -> IPAddress? {
        if hop.hasPrefix("["), let end = hop.firstIndex(of: "]") {
            return IPAddress(String(hop[hop.index(after: hop.startIndex)..<end]))
        }
        let parts = hop.split(separator: ":", omittingEmptySubsequences: false)
        return IPAddress(parts.count == 2 ? String(parts[0]) : hop)
    }
}
