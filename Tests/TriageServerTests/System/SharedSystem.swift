import Foundation
import TestSupport

/// One started system for the tests that only use it: seeding one takes seconds. Stopped when the test process ends.
actor SharedSystem {
    static let shared = SharedSystem()
    private var starting: Task<InstalledSystem, any Error>?

    func system() async throws -> InstalledSystem {
        if let starting { return try await starting.value }
        let task = Task {
            let directory = try TestDirectory.make("system")
            let system = try await InstalledSystem.start(dataDirectory: directory)
            StopAtExit.register(system)
            return system
        }
        starting = task
        return try await task.value
    }
}

/// Ends the shared system with the test process, so that no database is left behind.
private enum StopAtExit {
    nonisolated(unsafe) private static var identifier: Int32 = 0

    static func register(_ system: InstalledSystem) {
        identifier = system.processIdentifier
        atexit {
            kill(StopAtExit.identifier, SIGTERM)
            var status: Int32 = 0
            waitpid(StopAtExit.identifier, &status, 0)
        }
    }
}
