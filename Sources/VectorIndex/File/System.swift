import Glibc

/// The operating system's calls, each once; what fails throws the system's own error number. Tests make any of them fail:
/// see `SystemFault`.
enum System {
    struct Failure: Error {
        let number: CInt
        let call: String

        var description: String { "\(call): \(String(cString: strerror(number)))" }
    }

    static func open(_ path: String, flags: CInt, mode: mode_t = 0o644) throws(Failure) -> CInt {
        try check("open") { Glibc.open(path, flags | O_CLOEXEC, mode) }
    }

    static func status(of descriptor: CInt) throws(Failure) -> stat {
        var status = stat()
        _ = try check("fstat") { fstat(descriptor, &status) }
        return status
    }

    /// Maps a file for reading, in huge pages where the file system has them (ext4 from Linux 6.16 on, XFS).
    ///
    /// A search reads rows all over the file, and larger pages save it translations of addresses: 1 to 8 % of its time, see
    /// docs/decisions/search.md. The mapping stays that of the page cache: nothing is copied. What is not in memory yet is read two MiB at
    /// a time.
    static func map(_ descriptor: CInt, length: Int) throws(Failure) -> UnsafeRawPointer {
        try SystemFault.before("mmap")
        let address = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw Failure(number: errno, call: "mmap") }
        if length >= hugePageBytes { madvise(address, length, hugePageAdvice) }
        return UnsafeRawPointer(address)
    }

    /// On x86-64 and, with pages of 4 KiB, on 64-bit ARM.
    private static let hugePageBytes = 2 << 20
    /// MADV_HUGEPAGE, a hint.
    private static let hugePageAdvice: CInt = 14

    /// Zeros, in huge pages if the system has them; nil when there is no memory.
    static func mapZeros(_ length: Int) -> UnsafeMutableRawPointer? {
        let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { return nil }
        madvise(address, length, hugePageAdvice)
        return address
    }

    static func unmap(_ address: UnsafeMutableRawPointer, _ length: Int) { munmap(address, length) }

    static func write(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var done = 0
        while done < bytes.count {
            done += try check("write") { Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done) }
        }
    }

    static func writeStart(_ descriptor: CInt, _ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let at = done
            done += try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
                try check("pwrite") { pwrite(descriptor, buffer.baseAddress! + at, bytes.count - at, off_t(at)) }
            }
        }
    }

    static func synchronize(_ descriptor: CInt) throws(Failure) { _ = try check("fsync") { fsync(descriptor) } }

    static func rename(_ from: String, to: String) throws(Failure) {
        _ = try check("rename") { Glibc.rename(from, to) }
    }

    static func link(_ from: String, to: String) throws(Failure) { _ = try check("link") { Glibc.link(from, to) } }

    /// Whether there was one to remove.
    @discardableResult
    static func remove(_ path: String) -> Bool {
        do throws(Failure) {
            _ = try check("unlink") { unlink(path) }
            return true
        } catch {
            return false
        }
    }

    /// Takes the file's lock, waiting for it; it goes with the descriptor. File systems without locks do without.
    static func lock(_ descriptor: CInt) throws(Failure) {
        do throws(Failure) {
            _ = try check("flock") { flock(descriptor, LOCK_EX) }
        } catch  where error.number == ENOLCK || error.number == EOPNOTSUPP || error.number == ENOSYS {
            return
        }
    }

    /// Takes a file's lock when nobody has it. - Returns: the descriptor, to be closed; nil when it cannot be had.
    static func lockedIfFree(_ path: String) -> CInt? {
        guard let descriptor = try? open(path, flags: O_RDWR | O_NONBLOCK | O_NOFOLLOW) else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// What a directory holds; nothing when it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        return names
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a directory's own entries durable.
    static func synchronizeDirectory(_ path: String) throws(Failure) {
        let descriptor = try open(path, flags: O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        try synchronize(descriptor)
    }

    /// Lets other threads have the processor.
    static func yield() { sched_yield() }

    static var processID: Int { Int(getpid()) }

    static var processors: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

    private static func check<Result: FixedWidthInteger & SignedInteger>(
        _ call: String, _ body: () -> Result
    ) throws(Failure) -> Result {
        try SystemFault.before(call)
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw Failure(number: errno, call: call) }
        }
    }
}
