import ArgumentParser
import Glibc
import VectorIndex

/// How a command ends: what it says on standard error, and its exit code.
enum ToolFailure {
    /// The file itself is at fault.
    static let unsound = ExitCode(1)
    /// Something else stood in the way.
    static let notChecked = ExitCode(2)

    /// Runs a command's body; an error becomes one message and an exit code.
    static func reported(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as VectorIndexError {
            say("error: \(error)")
            throw exitCode(for: error.code)
        }
    }

    static func exitCode(for code: VectorIndexError.Code) -> ExitCode {
        switch code {
        case .truncated, .damaged, .notAnIndex, .unsupportedVersion, .foreignByteOrder, .fingerprintMismatch: unsound
        case .notFound, .notReadable, .notARegularFile, .invalidParameter, .dimensionMismatch, .notFinite, .zeroVector,
            .duplicateID, .tooLarge, .cannotWrite: notChecked
        }
    }

    /// One line on standard error.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        bytes.withUnsafeBufferPointer { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
