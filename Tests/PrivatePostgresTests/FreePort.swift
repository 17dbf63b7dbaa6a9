import Foundation

/// A listening TCP socket on 127.0.0.1, and ports nobody listens on.
final class FreePort {
    let port: Int
    private let socketDescriptor: Int32

    /// Listens on a port that the system chooses.
    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        socketDescriptor = descriptor
        port = Int(address.sin_port.bigEndian)
    }

    deinit { close(socketDescriptor) }

    static func find() throws -> Int { try FreePort().port }
}
