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

    /// util-linux's program, essential on Debian: changes the account and becomes the program it is given.
    ///
    /// Not swift-subprocess's own `userID`: it calls `setuid` in a child made by a bare `clone`, where glibc waits for
    /// threads that the child does not have (docs/decisions/account-change.md).
    static let accountChanger = "/usr/bin/setpriv"

    /// What to execute so that `program` runs under the account, with the process id of the one that was started.
    func command(_ program: String, _ arguments: [String]) -> (executable: Executable, arguments: Arguments) {
        guard let account else { return (.path(FilePath(program)), Arguments(arguments)) }
        let change = [
            "--reuid=\(account.userID)", "--regid=\(account.groupID)", "--clear-groups", "--no-new-privs", "--",
            program,
        ]
        return (.path(FilePath(Self.accountChanger)), Arguments(change + arguments))
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
        let outcome: Outcome
        do {
            let command = command(program, arguments)
            let result = try await Subprocess.run(
                command.executable, arguments: command.arguments, environment: environment(adding: adding),
                workingDirectory: "/", output: .string(limit: Self.outputBytesMax), error: .combinedWithOutput)
            outcome = Outcome(succeeded: result.terminationStatus == .exited(0), output: result.standardOutput)
        } catch is CancellationError {
            throw .stoppedBeforeReady
        } catch let error as SubprocessError {
            throw spawnFailure(program, error)
        } catch {
            throw PrivatePostgresError(.binariesUnusable, "Cannot run \(program).", cause: "\(error)")
        }
        // A cancelled run ends its program and returns all the same.
        if !outcome.succeeded, Task.isCancelled { throw .stoppedBeforeReady }
        if account != nil, !outcome.succeeded, outcome.output.hasPrefix("setpriv:"),
            !outcome.output.contains("failed to execute")
        {
            throw accountFailure(outcome.output)
        }
        return outcome
    }

    func spawnFailure(_ program: String, _ error: SubprocessError) -> PrivatePostgresError {
        if account != nil, access(Self.accountChanger, X_OK) != 0 {
            return accountFailure("\(Self.accountChanger) (of util-linux) is not there")
        }
        return PrivatePostgresError(
            .binariesUnusable, "Cannot run \(program). Run scripts/setup.sh to put PostgreSQL in place again.",
            cause: "\(error)")
    }

    private func accountFailure(_ cause: String) -> PrivatePostgresError {
        PrivatePostgresError(
            .accountUnusable,
            "This process is root but cannot change to the account \(account?.name ?? "") to run PostgreSQL. Start it as "
                + "an ordinary user, allow SETUID and SETGID in the container, or set DATABASE_URL.", cause: cause)
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
