import Foundation
import Testing
import VectorIndex

@Suite("Builders that are killed, and builders at the same time")
struct KilledBuilderTests {
    @Test(
        "killed before any of its calls, the name holds the old generation or the new one, and the next build clears up"
    )
    func killedAtEachStep() throws {
        let path = try Fixture.path()
        _ = try BuilderProcess.run(path, "1")
        let calls = try #require(Int(try BuilderProcess.run(path, "2").output))
        #expect(calls >= 10)
        var seen: Set<UInt64> = []
        var leftFiles = 0
        for step in 1...calls {
            let old = UInt64(10 * step)
            #expect(try BuilderProcess.run(path, "\(old)").status == 0)
            let outcome = try BuilderProcess.run(path, "\(old + 1)", "kill", "\(step)")
            #expect(outcome.status == SIGKILL, "step \(step)")
            let generation = try #require(try BuilderProcess.generation(at: path), "step \(step)")
            #expect(generation == old || generation == old + 1, "step \(step)")
            seen.insert(generation - old)
            // The previous one is whole, too: the one before the old, or the old one itself.
            #expect(try BuilderProcess.generation(at: path + ".previous") != nil)
            leftFiles += try BuilderProcess.leftovers(of: path).count
            #expect(try BuilderProcess.run(path, "\(old + 2)").status == 0, "step \(step)")
            #expect(try BuilderProcess.generation(at: path) == old + 2)
            #expect(try BuilderProcess.generation(at: path + ".previous") == generation)
            #expect(try BuilderProcess.leftovers(of: path).isEmpty, "step \(step)")
        }
        // The steps were those of replacing: some came before it and some after, and most left a file behind.
        #expect(seen == [0, 1])
        #expect(leftFiles > calls / 2)
        // One step more is none: the build is done before it.
        #expect(try BuilderProcess.run(path, "7", "kill", "\(calls + 1)").status == 0)
    }

    @Test("killed before any of its calls, a first build leaves no file of that name, or a whole one")
    func killedWithoutOldGeneration() throws {
        let calls = try #require(Int(try BuilderProcess.run(Fixture.path(), "1").output))
        for step in 1...calls {
            let path = try Fixture.path()
            #expect(try BuilderProcess.run(path, "1", "kill", "\(step)").status == SIGKILL)
            let generation = try BuilderProcess.generation(at: path)
            #expect(generation == nil || generation == 1)
            #expect(try BuilderProcess.run(path, "2").status == 0)
            #expect(try BuilderProcess.generation(at: path) == 2)
            #expect(try BuilderProcess.leftovers(of: path).isEmpty)
        }
    }

    @Test("several builders of one name: each succeeds, and readers always see a whole generation")
    func together() throws {
        let path = try Fixture.path()
        _ = try BuilderProcess.run(path, "1")
        let builders = try (1...3).map { try BuilderProcess([path, "\(100 * $0)", "times", "40"]) }
        let written: [UInt64] = Array(100..<140) + Array(200..<240) + Array(300..<340)
        let all = Set(written + [1])
        for _ in 0..<200 {
            let generation = try #require(try BuilderProcess.generation(at: path))
            #expect(all.contains(generation))
            if let previous = try BuilderProcess.generation(at: path + ".previous") { #expect(all.contains(previous)) }
        }
        for builder in builders {
            let outcome = try builder.wait()
            #expect(outcome.status == 0, "\(outcome.output)")
        }
        // Whoever was last: it is the last of one of them.
        #expect([139, 239, 339].contains(try #require(try BuilderProcess.generation(at: path))))
        #expect(all.contains(try #require(try BuilderProcess.generation(at: path + ".previous"))))
        #expect(try BuilderProcess.leftovers(of: path).isEmpty)
    }

    @Test("a temporary file that is being written is left alone, and so are files of other names")
    func livingFiles() throws {
        let path = try Fixture.path()
        let directory = (path as NSString).deletingLastPathComponent
        // Of an index whose name begins with this one's, of a person's, and one that somebody holds.
        let foreign = [".index.nxi.1.77.abc.tmp", ".index.nxi.tmp", ".index.nxi.77x.abc.tmp", "index.nxi.77.abc.tmp"]
        for name in foreign { try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/\(name)")) }
        let held = "\(directory)/.index.nxi.77.held.tmp"
        let descriptor = open(held, O_WRONLY | O_CREAT, 0o644)
        #expect(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
        try Data([1]).write(to: URL(fileURLWithPath: held + ".previous"))
        try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/.index.nxi.77.dead.tmp"))
        try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/.index.nxi.77.gone.tmp.previous"))
        try Fixture.write([[1, 0]], to: path)
        let kept = [".index.nxi.77.held.tmp", ".index.nxi.77.held.tmp.previous"]
        #expect(try BuilderProcess.leftovers(of: path).sorted() == (foreign + kept).sorted())
        close(descriptor)
        try Fixture.write([[1, 0]], to: path)
        #expect(try BuilderProcess.leftovers(of: path).sorted() == foreign.sorted())
    }
}
