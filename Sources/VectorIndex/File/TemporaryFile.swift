import Glibc

/// A new file beside the one it is to replace; closed and, unless it was renamed, removed with this object.
///
/// It is locked as long as it is open, by which `StaleFiles` tells it from one whose builder was killed.
final class TemporaryFile {
    let path: String
    let descriptor: CInt

    static let suffix = ".tmp"
    /// Ends the second name of the file that is replaced, for the moment in which it gets it.
    static let asideSuffix = ".previous"

    /// - Parameters:
    ///   - directory: empty, or with a slash at its end.
    ///   - name: of the file to replace; the temporary name begins with a dot, holds it, and ends in ".tmp".
    init(in directory: String, for name: String) throws(System.Failure) {
        var random = SystemRandomNumberGenerator()
        while true {
            let path = "\(directory).\(name).\(System.processID).\(String(random.next(), radix: 36))\(Self.suffix)"
            let descriptor = try System.open(path, flags: O_WRONLY | O_CREAT | O_EXCL)
            do throws(System.Failure) {
                try System.lock(descriptor)
                // Another builder may have found it before it was locked, and taken it for a dead one's.
                guard try System.status(of: descriptor).st_nlink > 0 else {
                    close(descriptor)
                    continue
                }
            } catch {
                close(descriptor)
                System.remove(path)
                throw error
            }
            self.path = path
            self.descriptor = descriptor
            return
        }
    }

    deinit {
        // First the name: while it is there the lock must be.
        System.remove(path)
        close(descriptor)
    }
}
