import Testing
import TriageServer

@Suite("Whose word on the client is believed")
struct TrustedProxiesTests {
    private let proxies: TrustedProxies

    init() throws { proxies = try TrustedProxies("10.0.0.0/8, 192.0.2.7,fd00::/8") }

    @Test(arguments: [
        // A stranger's word is nobody's.
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", [], "10.1.2.3"), ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        // What the client itself sent comes first, and does not count.
        ("10.1.2.3", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["1.1.1.1", "198.51.100.1 , 192.0.2.7"], "198.51.100.1"),
        ("10.1.2.3", ["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
        // What is no address ends it.
        ("10.1.2.3", ["198.51.100.1, unknown, 10.8.8.8"], "10.8.8.8"), ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"), ("fd00::1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"), ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
    ])
    func client(peer: String, forwardedFor: [String], expected: String) {
        #expect(proxies.client(peer: peer, forwardedFor: forwardedFor) == expected)
    }

    @Test func blocks() throws {
        for (address, isTrusted) in [
            ("10.255.255.255", true), ("11.0.0.0", false), ("192.0.2.7", true), ("192.0.2.8", false), ("fdff::1", true),
            ("fe00::1", false), ("::ffff:10.0.0.1", true), ("::a00:1", false), ("nonsense", false),
        ] {
            #expect(proxies.contains(address) == isTrusted, "\(address)")
        }
        #expect(try TrustedProxies("0.0.0.0/0").contains("203.0.113.9"))
        #expect(try !TrustedProxies("0.0.0.0/0").contains("2001:db8::1"))
        #expect(try !TrustedProxies("").contains("127.0.0.1"))
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "fd00::/129", "proxy.example", "10.0.0.1/8/8", "/8"])
    func whatIsNoBlock(text: String) {
        #expect(throws: TrustedProxies.NoBlock.self) { try TrustedProxies("127.0.0.1,\(text)") }
    }
}
