import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether the port that is to be served can be had.
enum ListeningPort {
    /// - Throws: `SettingError` when another program has the port, or this user may not have it.
    static func check(host: String, port: Int) async throws {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
            try await channel.close()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SettingError(
                variable: "NEXIFY_PORT", problem: "\(port) is in use by another program on \(host)",
                remedy: "stop that program, or choose another port: NEXIFY_PORT=\(port == 65_535 ? 8_000 : port + 1)")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw SettingError(
                variable: "NEXIFY_PORT", problem: "\(port) may not be used by this user",
                remedy: "choose a port above 1023")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            throw SettingError(
                variable: "NEXIFY_HOST", problem: "\(host) is no address of this machine",
                remedy: "use 127.0.0.1, or 0.0.0.0 for all addresses")
        }
    }
}
