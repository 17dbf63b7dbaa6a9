import Foundation
import Testing
import VectorIndex

@Suite("Replacing a snapshot file")
struct ReplaceTests {
    @Test("the previous generation is kept, and nothing temporary is left")
    func previous() throws {
        let path = try Fixture.path()
        let first = try Fixture.write([[1, 0]], to: path)
        let second = try Fixture.write([[0, 1]], to: path)
        let third = try Fixture.write([[1, 1]], to: path)
        #expect(Set([first, second, third].map(\.contentHash)).count == 3)
        #expect(try Snapshot(path: path).info == third)
        #expect(try Snapshot(path: path + ".previous").info == second)
        let directory = (path as NSString).deletingLastPathComponent
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["index.nxi", "index.nxi.previous"])
    }

    @Test("a mapped generation answers on after its file was replaced")
    func mappedStays() throws {
        let path = try Fixture.path()
        try Fixture.write([[1, 0], [0, 1]], to: path)
        let old = try Snapshot(path: path)
        for _ in 0..<3 { try Fixture.write([[1, 1]], to: path) }
        #expect(try old.search([0, 1], k: 1).first?.id == 3)
        #expect(try Snapshot(path: path).search([0, 1], k: 2).count == 1)
    }

    @Test("where it cannot be written, it says so and leaves nothing")
    func notWritable() throws {
        let directory = try (Fixture.path() as NSString).deletingLastPathComponent
        for path in [directory + "/missing/index.nxi", directory + "/", directory, ""] {
            let error = #expect(throws: VectorIndexError.self) { try Fixture.write([[1, 0]], to: path) }
            #expect(error?.code == .cannotWrite || error?.code == .invalidParameter, "\(path)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
}
