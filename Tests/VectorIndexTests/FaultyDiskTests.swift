import Foundation
import Synchronization
import TestSupport
import Testing
import VectorIndex

@Suite("Disks that are full or broken while an index is built")
struct FaultyDiskTests {
    private static let errors = [ENOSPC, EIO, EDQUOT, EROFS, EACCES, EFBIG, EMFILE]

    private static func vectors(_ seed: UInt64) -> [[Float]] {
        var source = ClusteredVectors(dimensions: 12, seed: seed)
        return source.next(60)
    }

    /// Writes with the step-th call failing; nil as the name when there are fewer calls.
    private func failing(
        _ step: Int, _ number: CInt, _ vectors: [[Float]], _ path: String
    ) -> (call: String?, error: VectorIndexError?) {
        let fault = CallFault(step, number)
        do {
            try SystemFault.$injected.withValue(fault.fault) { _ = try Fixture.write(vectors, to: path) }
        } catch {
            return (fault.call, error as? VectorIndexError)
        }
        return (fault.call, nil)
    }

    @Test("whichever call fails, the error is named, the old generation stays, and nothing is left", arguments: errors)
    func everyCall(number: CInt) throws {
        let path = try Fixture.path()
        let old = try Fixture.write(Self.vectors(1), to: path)
        let new = try Fixture.write(Self.vectors(2), to: Fixture.path())
        var called: [String] = []
        for step in 1... {
            let (call, error) = failing(step, number, Self.vectors(2), path)
            guard let call else { break }
            called.append(call)
            let now = try Snapshot(path: path).info
            if let error {
                #expect(error.code == .cannotWrite && error.systemError == number, "\(call)")
                #expect(error.message.contains(call) && !error.remedy.isEmpty)
                #expect(error.file?.hasPrefix((path as NSString).deletingLastPathComponent) == true)
                // Only the directory's own sync comes when all else is done.
                let isReplaced = called.count { $0 == "rename" } == 2 && call != "rename"
                #expect(now == (isReplaced ? new : old), "step \(step), \(call)")
            } else {
                // What only clears up.
                #expect(call == "unlink" || now == new, "\(call)")
            }
            if now == new { try Fixture.write(Self.vectors(1), to: path) }
            if call != "unlink" { #expect(try BuilderProcess.leftovers(of: path).isEmpty, "step \(step), \(call)") }
        }
        #expect(Set(called).isSuperset(of: ["open", "flock", "write", "pwrite", "fsync", "mmap", "link", "rename"]))
        #expect(called.count { $0 == "rename" } == 2 && called.count { $0 == "fsync" } == 2)
    }

    @Test("an index that another builder replaces while it is linked is linked again, though not for ever")
    func replacedMeanwhile() throws {
        let path = try Fixture.path()
        let old = try Fixture.write(Self.vectors(1), to: path)
        let replacements = Replacements(2)
        let fault = replacements.fault
        let new = try SystemFault.$injected.withValue(fault) { try Fixture.write(Self.vectors(2), to: path) }
        #expect(try Snapshot(path: path).info == new && Snapshot(path: path + ".previous").info == old)
        replacements.left.withLock { $0 = .max }
        let error = #expect(throws: VectorIndexError.self) {
            try SystemFault.$injected.withValue(fault) { try Fixture.write(Self.vectors(3), to: path) }
        }
        #expect(error?.code == .cannotWrite && error?.systemError == ENOENT)
        #expect(try Snapshot(path: path).info == new)
    }

    @Test("a disk that is full at any byte: the error is named and the old generation stays")
    func fileSizeLimit() throws {
        let path = try Fixture.path()
        #expect(try BuilderProcess.run(path, "1").status == 0)
        let size = try Fixture.bytes(path).count
        for limit in [0, 1, 511, 4_096, size / 2, size - 1] {
            let outcome = try BuilderProcess.run(path, "2", "bytes", "\(limit)")
            #expect(outcome.status == 1 && outcome.output == "cannotWrite \(EFBIG)", "\(limit) bytes: \(outcome)")
            #expect(try BuilderProcess.generation(at: path) == 1)
            #expect(try BuilderProcess.leftovers(of: path).isEmpty)
        }
        #expect(try BuilderProcess.run(path, "2", "bytes", "\(size)").status == 0)
        #expect(try BuilderProcess.generation(at: path) == 2)
    }

    /// A file system of a few pages, where this user may make one in a namespace of its own.
    private static let canMount: Bool = {
        (try? Shell.run("unshare -rm mount -t tmpfs -o size=64k none /mnt"))?.status == 0
    }()

    @Test("a file system that is full: the error is named and the old generation stays", .enabled(if: canMount))
    func fullFileSystem() throws {
        let directory = try (Fixture.path() as NSString).deletingLastPathComponent
        let builder = BuilderProcess.path
        // One generation fits, two do not.
        let script = """
            mount -t tmpfs -o size=96k none \(directory) && '\(builder)' \(directory)/a 1 && \
            '\(builder)' \(directory)/a 2; echo "status $?"; ls -A \(directory); '\(builder)' /dev/full/a 1
            """
        let outcome = try Shell.run("unshare -rm sh -c '\(script.replacing("'", with: "'\\''"))'")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 5, "\(outcome.output)")
        #expect(lines.dropFirst() == ["cannotWrite \(ENOSPC)", "status 1", "a", "cannotWrite \(ENOTDIR)"])
    }

    @Test("a directory that may not be written: the error is named and the old generation stays")
    func readOnlyDirectory() throws {
        let path = try Fixture.path()
        let directory = (path as NSString).deletingLastPathComponent
        #expect(try BuilderProcess.run(path, "1").status == 0)
        // Permissions mean nothing to the superuser: the builder becomes another one.
        #expect(chmod(directory, 0o555) == 0)
        defer { chmod(directory, 0o755) }
        let nobody = ["user", "65534"]
        let outcome = try BuilderProcess([path, "2"] + (getuid() == 0 ? nobody : [])).wait()
        #expect(outcome.status == 1 && outcome.output == "cannotWrite \(EACCES)")
        #expect(try BuilderProcess.generation(at: path) == 1)
        #expect(try BuilderProcess.leftovers(of: path).isEmpty)
    }
}

/// Fails one call of many.
private final class CallFault: Sendable {
    private let step: Int
    private let number: CInt
    private let state = Mutex((calls: 0, failed: String?.none))

    init(_ step: Int, _ number: CInt) {
        self.step = step
        self.number = number
    }

    /// The call that was failed, if there were so many.
    var call: String? { state.withLock { $0.failed } }

    var fault: SystemFault {
        SystemFault { call in
            self.state.withLock { state in
                state.calls += 1
                guard state.calls == self.step else { return nil }
                state.failed = call
                return self.number
            }
        }
    }
}

/// Links that find nothing because somebody was quicker.
private final class Replacements: Sendable {
    let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    var fault: SystemFault {
        SystemFault { call in
            guard call == "link" else { return nil }
            return self.left.withLock { left in
                left -= 1
                return left >= 0 ? ENOENT : nil
            }
        }
    }
}

/// A command line, and what it printed.
private enum Shell {
    static func run(_ command: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
