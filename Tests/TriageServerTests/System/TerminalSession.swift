import Foundation

/// A command of `triage-server` at a terminal of its own, and the person in front of it.
final class TerminalSession {
    let process: Process
    /// Everything that was to be seen, what was typed included.
    var screen: String { String(decoding: shown, as: UTF8.self) }
    private var shown: [UInt8] = []
    private let terminal: FileHandle
    /// How much of the screen has been read.
    private var seen = 0

    /// TIOCSPTLCK and TIOCGPTN of <asm-generic/ioctls.h>.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    init(_ arguments: [String], _ settings: [String: String]) throws {
        // What posix_openpt, unlockpt and ptsname do; Swift's view of the C library has none of them.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, Self.setLock, &locked) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
            throw InstalledSystem.Failure(description: "no pseudo-terminal: \(errno)")
        }
        terminal = FileHandle(fileDescriptor: master, closeOnDealloc: true)
        let end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard end >= 0 else { throw InstalledSystem.Failure(description: "the terminal does not open: \(errno)") }
        let programEnd = FileHandle(fileDescriptor: end, closeOnDealloc: true)
        process = ProgramRun.process(arguments, settings)
        process.standardInput = programEnd
        process.standardOutput = programEnd
        process.standardError = programEnd
        try process.run()
        try programEnd.close()
    }

    /// Waits until the text comes, after what was waited for before.
    func expect(_ text: String) async throws {
        let deadline = ContinuousClock().now + .seconds(60)
        while true {
            let unread = String(decoding: shown.dropFirst(seen), as: UTF8.self)
            if let range = unread.range(of: text) {
                seen += unread[..<range.upperBound].utf8.count
                return
            }
            guard ContinuousClock().now < deadline, readSome() else {
                throw InstalledSystem.Failure(description: "“\(text)” never came; the screen says:\n\(screen)")
            }
            // The terminal has no event that could be awaited, and waiting in `poll` would hold a thread of all tests.
            try await ContinuousClock().sleep(for: .milliseconds(10))
        }
    }

    func type(_ line: String) throws { try terminal.write(contentsOf: Data((line + "\n").utf8)) }

    /// Ctrl-D on an empty line.
    func typeEndOfInput() throws { try terminal.write(contentsOf: Data([4])) }

    /// Whether what is typed is shown at this moment.
    var isShowing: Bool {
        var state = termios()
        return tcgetattr(terminal.fileDescriptor, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Waits for the end. - Returns: the exit status.
    func end() async throws -> Int32 {
        let status = await process.end()
        while readSome() {}
        return status
    }

    /// - Returns: false when the program has closed its end, or shows nothing.
    private func readSome() -> Bool {
        var ready = pollfd(fd: terminal.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) > 0 else { return process.isRunning }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        // A closed terminal is an error of reading on Linux. FileHandle would wait for all that was asked for.
        let count = read(terminal.fileDescriptor, &bytes, bytes.count)
        guard count > 0 else { return false }
        shown += bytes.prefix(count)
        return true
    }
}
