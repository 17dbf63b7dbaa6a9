import Foundation
import Subprocess
import SystemPackage

/// How PostgreSQL's programs are run: under the server's account, in `/`, with nothing of our environment.
///
/// Our environment may hold secrets and the account may not be able to enter our working directory.
struct ChildProcess: Sendable {
    var account: ServiceAccount?

    struct Outcome: Sendable {
        var succeeded: Bool
        /// Standard output and standard error together.
        var output: String
    }

    static let outputBytesMax = 256 * 1024

    var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        if let account {
            options.userID = account.userID
            options.groupID = account.groupID
            options.supplementaryGroups = []
        }
        return options
    }

    /// - Parameter adding: variables beside the fixed ones, e.g. a password for a client program.
    func environment(adding: [String: String] = [:]) -> Environment {
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]
        variables.merge(adding) { $1 }
        var environment: [Environment.Key: String] = [:]
        for (name, value) in variables {
            if let key = Environment.Key(rawValue: name) { environment[key] = value }
        }
        return .custom(environment)
    }

    /// Runs a program to its end.
    func run(
        _ program: String, _ arguments: [String], environment adding: [String: String] = [:]
    ) async throws(PrivatePostgresError) -> Outcome {
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments),
                environment: environment(adding: adding), workingDirectory: "/",
                platformOptions: platformOptions, output: .string(limit: Self.outputBytesMax),
                error: .combinedWithOutput)
            return Outcome(succeeded: result.terminationStatus == .exited(0), output: result.standardOutput)
        } catch is CancellationError {
            throw .stoppedBeforeReady
        } catch let error as SubprocessError {
            throw spawnFailure(program, error)
        } catch {
            throw PrivatePostgresError(.binariesUnusable, "Cannot run \(program).", cause: "\(error)")
        }
    }

    func spawnFailure(_ program: String, _ error: SubprocessError) -> PrivatePostgresError {
        if let account, error.underlyingError == .notPermitted || error.underlyingError == .invalidArgument {
            return PrivatePostgresError(
                .accountUnusable,
                "This process is root but may not change to the account \(account.name) to run PostgreSQL. Start it as "
                    + "an ordinary user, allow SETUID and SETGID in the container, or set DATABASE_URL.",
                cause: "\(error)")
        }
        return PrivatePostgresError(
            .binariesUnusable, "Cannot run \(program). Run scripts/setup.sh to put PostgreSQL in place again.",
            cause: "\(error)")
    }

    /// Whether the account can enter this directory: asked of the kernel, which knows lists and mounts too.
    func canEnter(_ directory: String) async throws(PrivatePostgresError) -> Bool {
        guard account != nil else { return access(directory, X_OK) == 0 }
        return try await run("/usr/bin/test", ["-x", directory]).succeeded
    }
}

extension PrivatePostgresError {
    static let stoppedBeforeReady = PrivatePostgresError(.cancelled, "The start of PostgreSQL was cancelled.")
}
