import Foundation
import TestSupport
import Testing

@Suite("The article's example")
struct ArticleTests {
    private static let catalogue = "Sources/VectorIndex/VectorIndex.docc"

    @Test(
        "a package that depends on VectorIndex builds it, fetches nothing else, and prints what the article says"
    )
    func example() throws {
        let blocks = try Self.fencedBlocks("GettingStarted.md")
        #expect(blocks.map(\.language) == ["swift", ""])
        let code = try #require(blocks.first).lines
        #expect(code.count <= 20)
        let dependant = try Dependant(main: code.joined(separator: "\n") + "\n")
        try dependant.build()
        #expect(dependant.fetched() == [])
        #expect(try dependant.output() == blocks[1].lines.joined(separator: "\n") + "\n")
    }

    @Test("the promise about files stands in one place, and README and the format's page lead to it")
    func promise() throws {
        let promise = "\(Self.catalogue)/FileCompatibility.md"
        #expect(FileManager.default.fileExists(atPath: RepositoryRoot.path(promise)))
        #expect(try Self.text("README.md").contains("](\(promise))"))
        #expect(try Self.text("docs/INDEX_FORMAT.md").contains("](../\(promise))"))
    }

    private struct Block {
        var language: String
        var lines: [String] = []
    }

    private static func text(_ file: String) throws -> String {
        try String(contentsOfFile: RepositoryRoot.path(file), encoding: .utf8)
    }

    private static func fencedBlocks(_ page: String) throws -> [Block] {
        var blocks: [Block] = []
        var isOpen = false
        for line in try text("\(catalogue)/\(page)").components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                if !isOpen { blocks.append(Block(language: String(line.dropFirst(3)))) }
                isOpen.toggle()
            } else if isOpen {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        return blocks
    }
}
