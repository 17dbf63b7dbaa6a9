import Foundation

/// A TCP connection to this machine for bytes that no HTTP client would send.
final class RawConnection: Sendable {
    /// The connection could not be made.
    struct Refused: Error {}

    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Refused()
        }
    }

    deinit { close(descriptor) }

    /// Sends all of it. - Returns: false when the server has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes until the server closes, or until `isEnough` says so. On a thread of its own: tasks run on Dispatch's, of which
    /// there are as many as processors.
    ///
    /// - Returns: nil when that takes longer than a minute.
    func read(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var limit = timeval(tv_sec: 60, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                var text = ""
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !isEnough(text) {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    if count < 0, errno == EAGAIN { return continuation.resume(returning: nil) }
                    guard count > 0 else { break }
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                }
                continuation.resume(returning: text)
            }
        }
    }

    /// Sends and reads until the server closes.
    static func exchange(_ bytes: [UInt8], port: Int) async throws -> String? {
        let connection = try RawConnection(port: port)
        connection.send(bytes)
        return await connection.read()
    }

    static func exchange(_ text: String, port: Int) async throws -> String? {
        try await exchange(Array(text.utf8), port: port)
    }
}
