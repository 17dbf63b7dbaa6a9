import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IPv4 or IPv6 address; IPv4 is the part of IPv6 that it is mapped to, so that both compare.
struct IPAddress: Sendable, Equatable, CustomStringConvertible {
    static let bits = 128
    /// The bits before an IPv4 address in its IPv6 form.
    static let mappedPrefixBits = 96
    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    let value: UInt128
    let description: String

    /// Nil when the text is no address.
    init?(_ text: String) {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        switch address {
        case .v4(let address):
            value = Self.mappedPrefix | UInt128(UInt32(bigEndian: address.address.sin_addr.s_addr))
        case .v6(let address):
            #if canImport(Darwin)
                let words = address.address.sin6_addr.__u6_addr.__u6_addr32
            #else
                let words = address.address.sin6_addr.__in6_u.__u6_addr32
            #endif
            value = [words.0, words.1, words.2, words.3].reduce(0) { $0 << 32 | UInt128(UInt32(bigEndian: $1)) }
        case .unixDomainSocket: return nil
        }
        if value >> 32 == Self.mappedPrefix >> 32 {
            let number = UInt32(truncatingIfNeeded: value)
            description = [24, 16, 8, 0].map { String(number >> $0 & 0xFF) }.joined(separator: ".")
        } else {
            description = address.ipAddress ?? text
        }
    }

    static func == (one: IPAddress, other: IPAddress) -> Bool { one.value == other.value }
}

/// Addresses that begin alike: CIDR's `10.0.0.0/8`, or one address.
struct AddressBlock: Sendable {
    static let loopback = ["127.0.0.0/8", "::1"].compactMap(AddressBlock.init)

    private let mask: UInt128
    private let prefix: UInt128

    /// Nil when the text is no block.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let isIPv4 = !parts[0].contains(":")
        let bitsMax = isIPv4 ? IPAddress.bits - IPAddress.mappedPrefixBits : IPAddress.bits
        var bits = bitsMax
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...bitsMax).contains(given) else { return nil }
            bits = given
        }
        if isIPv4 { bits += IPAddress.mappedPrefixBits }
        mask = bits == 0 ? 0 : UInt128.max << UInt128(IPAddress.bits - bits)
        prefix = address.value & mask
    }

    func contains(_ address: IPAddress) -> Bool { address.value & mask == prefix }
}
