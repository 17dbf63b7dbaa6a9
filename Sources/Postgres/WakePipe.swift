import Glibc
import Synchronization

/// A pipe by which any thread interrupts one thread's `poll`.
final class WakePipe: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw PostgresError(
                .connectionFailed, "no pipe could be made (errno \(errno)); raise the limit of open files (ulimit -n)")
        }
        readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Makes the next or current `poll` return. A full pipe is as good: it is readable already.
    func signal() {
        var byte: UInt8 = 1
        while write(writeEnd, &byte, 1) < 0, errno == EINTR {}
    }

    /// Empties the pipe. Fewer bytes than there is room for are its last ones: no second look.
    func drain() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(readEnd, &bytes, MemoryLayout.size(ofValue: bytes)) == MemoryLayout.size(ofValue: bytes) {}
    }
}

/// One operation's cancellation, set from any thread and seen by the connection's.
final class Interruption: Sendable {
    private let flag = Atomic<Bool>(false)
    private let wake: WakePipe

    init(_ wake: WakePipe) { self.wake = wake }

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() {
        flag.store(true, ordering: .releasing)
        wake.signal()
    }
}
