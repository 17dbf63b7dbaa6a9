import ArgumentParser
import VectorIndex

/// How a command ends: what it says on standard error, and its exit code.
enum ToolFailure {
    /// The file itself is at fault.
    static let unsound = ExitCode(1)
    /// Something else stood in the way.
    static let notChecked = ExitCode(2)

    /// Runs a command's body; an error becomes one message and an exit code.
    static func reported(_ body: () throws -> Void) throws {
        do { try body() } catch { throw report(error) }
    }

    static func reportedAsynchronously(_ body: () async throws -> Void) async throws {
        do { try await body() } catch { throw report(error) }
    }

    private static func report(_ error: any Error) -> any Error {
        if error is ExitCode || error is ValidationError { return error }
        guard let refusal = error as? VectorIndexError else {
            say("Error: \(error)")
            return notChecked
        }
        // Not of a file, so of the command line: ArgumentParser prints it with the usage.
        if refusal.code == .invalidParameter, refusal.file == nil {
            return ValidationError("\(refusal.message). \(refusal.remedy)")
        }
        say("Error: \(refusal)")
        return exitCode(for: refusal.code)
    }

    static func exitCode(for code: VectorIndexError.Code) -> ExitCode {
        switch code {
        case .truncated, .damaged, .notAnIndex, .unsupportedVersion, .foreignByteOrder, .fingerprintMismatch: unsound
        case .notFound, .notReadable, .notARegularFile, .invalidParameter, .dimensionMismatch, .notFinite, .zeroVector,
            .duplicateID, .tooLarge, .cannotWrite:
            notChecked
        }
    }

    /// One line on standard error, in place of a progress line that may stand there.
    static func say(_ line: String) {
        StandardError.write((ProgressLine.isSeen ? ProgressLine.erase : "") + line + "\n")
    }
}
