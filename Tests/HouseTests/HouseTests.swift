import TestSupport
import Testing

/// The rules of STYLE and ARCHITECTURE that a machine can hold, over all that is here.
@Suite("The house")
struct HouseTests {
    static let sources = Repository.swiftSources(under: "Sources")

    @Test("Each room imports only what its table says")
    func imports() {
        #expect(Self.sources.count > 20, "the sources were not found")
        expectNone(Self.sources.flatMap(ImportRule.breaches))
    }

    @Test("SQL stands only in stores")
    func sql() { expectNone(Self.sources.flatMap(SQLRule.breaches)) }

    @Test("Unsafe memory stands only with its owners, and @unchecked Sendable is explained")
    func unsafe() { expectNone(Self.sources.flatMap(UnsafeRule.breaches)) }

    @Test("No file names a path of one machine")
    func machinePaths() {
        expectNone(
            Repository.files().flatMap { file in
                Repository.text(file).map { MachinePathRule.breaches(in: file, text: $0) } ?? []
            })
    }

    @Test("Each dependency has its reason")
    func dependencies() {
        let manifests = Repository.files().filter { $0.hasSuffix("Package.swift") }
        #expect(manifests.contains("Package.swift"))
        expectNone(
            manifests.flatMap { file in
                Repository.text(file).map { DependencyRule.breaches(in: SwiftSource(file: file, text: $0)) } ?? []
            })
    }

    @Test("Others can depend on the libraries, and then fetch nothing else")
    func libraries() throws {
        let text = try #require(Repository.text("Package.swift"))
        let manifest = SwiftSource(file: "Package.swift", text: text)
        #expect(text.contains(".library(name: \"VectorIndex\""))
        expectNone(UnsafeFlagsRule.breaches(in: manifest) + OuterPackageRule.breaches(in: manifest))
    }

    @Test("No test needs @testable")
    func testable() { expectNone(Repository.swiftSources(under: "Tests").flatMap(TestableRule.breaches)) }

    private func expectNone(_ breaches: [Breach], sourceLocation: SourceLocation = #_sourceLocation) {
        for breach in breaches { Issue.record("\(breach)", sourceLocation: sourceLocation) }
    }
}
