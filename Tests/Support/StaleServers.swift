import Foundation
import PrivatePostgres
import Synchronization

extension TestDirectory {
    /// Stops the servers and removes the directories of test processes that were killed.
    static func clearStale() async {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let process = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let path = "/tmp/\(name)"
            let postgres = PrivatePostgres(TestServer.configuration(path), logger: TestServer.quietLogger)
            // Another test process may be clearing the same one; whoever is first does it.
            guard (try? await postgres.stopLeftBehind()) != nil else { continue }
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}

/// Stops the test server when the process exits, where nothing can be awaited any more.
enum ServerAtExit {
    private static let clusters = Mutex<[String]>([])
    private static let patience = Duration.seconds(5)

    /// Registered after the directories' removal, so it runs before it: `atexit` runs last in, first out.
    static func stop(cluster: String) {
        clusters.withLock { clusters in
            if clusters.isEmpty { atexit { ServerAtExit.stopAll() } }
            clusters.append(cluster)
        }
    }

    private static func stopAll() {
        for cluster in clusters.withLock({ $0 }) {
            let file = "\(cluster)/postmaster.pid"
            guard let text = try? String(contentsOfFile: file, encoding: .utf8),
                let process = text.split(separator: "\n").first.flatMap({ Int32($0) })
            else { continue }
            // Nothing of it is kept, so it need not write anything: "immediate".
            kill(process, SIGQUIT)
            let deadline = ContinuousClock.now + patience
            while kill(process, 0) == 0, ContinuousClock.now < deadline { usleep(5_000) }
        }
    }
}
