import Testing

/// Every rule of the house, on lines that break it and on lines that only look so.
@Suite("The house's rules on bad examples")
struct BadExampleTests {
    private func source(_ file: String, _ text: String) -> SwiftSource { SwiftSource(file: file, text: text) }

    @Test(
        "Imports that a room may not have",
        arguments: [
            ("Sources/VectorIndex/Search/X.swift", "import Foundation", "VectorIndex may not import Foundation"),
            ("Sources/Triage/X.swift", "import Postgres", "Triage may not import Postgres"),
            ("Sources/Triage/X.swift", "@preconcurrency public import NIOCore", "Triage may not import NIOCore"),
            ("Sources/Triage/X.swift", "import struct Foundation.Date", "Triage may not import Foundation"),
            ("Sources/TriageServer/HTTP/X.swift", "import Postgres", "TriageServer/HTTP may not import Postgres"),
            (
                "Sources/TriageServer/Store/X.swift", "import Hummingbird",
                "TriageServer/Store may not import Hummingbird"
            ),
            ("Sources/TriageServer/LLM/X.swift", "import VectorIndex", "TriageServer/LLM may not import VectorIndex"),
            ("Sources/PrivatePostgres/X.swift", "import Triage", "PrivatePostgres may not import Triage"),
            ("Sources/CBLAS/X.swift", "import Logging", "CBLAS may not import Logging"),
        ])
    func badImport(file: String, line: String, rule: String) {
        let breaches = ImportRule.breaches(in: source(file, "// why\n\(line)\n"))
        #expect(breaches == [Breach(file: file, line: 2, rule: rule)])
        #expect(breaches.first?.description == "\(file):2: \(rule)")
    }

    @Test("Imports that are allowed, and what only looks like one")
    func goodImports() {
        let http = "import Triage\nimport NIOCore\npublic import Hummingbird\nimport Glibc\n"
        #expect(ImportRule.breaches(in: source("Sources/TriageServer/HTTP/X.swift", http)) == [])
        #expect(ImportRule.breaches(in: source("Sources/TriageServer/App/X.swift", "import Anything")) == [])
        let text =
            "// import Postgres\n/* import\nimport Postgres /* in */ it */\nlet s = \"\"\"\nimport Postgres\n\"\"\"\n"
        #expect(ImportRule.breaches(in: source("Sources/Triage/X.swift", text)) == [])
        let command = "struct Import { }\nlet importer = important\n"
        #expect(ImportRule.breaches(in: source("Sources/Triage/X.swift", command)) == [])
    }

    @Test("A file without a room", arguments: ["Sources/Utils/X.swift", "Sources/TriageServer/X.swift"])
    func noRoom(file: String) {
        #expect(ImportRule.breaches(in: source(file, "")).map(\.line) == [1])
    }

    @Test(
        "SQL in the wrong room",
        arguments: [
            "let q = \"SELECT id FROM tickets\"", "run(\"UPDATE tickets SET status = 1\")",
            "let q = \"\"\"\n  INSERT INTO jobs VALUES (1)\n  \"\"\"", "let q = #\"DELETE FROM jobs\"#",
            "let q = \"\\(prefix(\")\")) SELECT 1\"", "x(\"CREATE TABLE t (n int)\")",
        ])
    func badSQL(text: String) {
        #expect(SQLRule.breaches(in: source("Sources/TriageServer/HTTP/X.swift", text)).count == 1)
        #expect(SQLRule.breaches(in: source("Sources/TriageServer/Store/X.swift", text)) == [])
        #expect(SQLRule.breaches(in: source("Sources/IndexTool/PostgresSource.swift", text)) == [])
    }

    @Test("What only looks like SQL")
    func goodSQL() {
        let text =
            "// SELECT id FROM t\nlet a = \"Select a team\"\nlet SELECT = 1\nlet b = \"DELETE\"\nlet c = \"UPDATE it\""
        #expect(SQLRule.breaches(in: source("Sources/TriageServer/HTTP/X.swift", text)) == [])
    }

    @Test("Unsafe memory outside of its owners")
    func badUnsafe() {
        let text =
            "let p: UnsafePointer<Int>\n// unsafe\nlet s = \"unsafe\"\nbytes.withUnsafeBytes { _ in }\nunsafe f()"
        let file = "Sources/TriageServer/Store/X.swift"
        #expect(UnsafeRule.breaches(in: source(file, text)).map(\.line) == [1, 4, 5])
        #expect(UnsafeRule.breaches(in: source("Sources/VectorIndex/X.swift", text)) == [])
    }

    @Test("@unchecked Sendable without its reason")
    func badUnchecked() {
        let file = "Sources/VectorIndex/X.swift"
        let bad = "/// A box.\nfinal class Box: @unchecked Sendable {}"
        #expect(UnsafeRule.breaches(in: source(file, bad)).map(\.line) == [2])
        let far = "/// `@unchecked Sendable`: locked.\nlet other = 1\nfinal class Box: @unchecked Sendable {}"
        #expect(UnsafeRule.breaches(in: source(file, far)).map(\.line) == [3])
        let good =
            "/// A box.\n///\n/// `@unchecked Sendable`: locked.\n@frozen\nfinal class Box: @unchecked Sendable {}"
        #expect(UnsafeRule.breaches(in: source(file, good)) == [])
    }

    @Test("Paths of one machine")
    func badPaths() {
        let places = MachinePathRule.places
        for place in places {
            let text = "fine\npath = \"\(place)x\"\n\(place)\n"
            #expect(MachinePathRule.breaches(in: "docs/x.md", text: text).map(\.line) == [2, 3])
            let address = "https://example.com\(place)x and .nexify\(place)x and a\(place)b"
            #expect(MachinePathRule.breaches(in: "docs/x.md", text: address) == [])
        }
    }

    @Test("A dependency without a reason")
    func badDependency() {
        let text = """
            dependencies: [
                // HTTP server.
                .package(url: "a", from: "1.0.0"),
                .package(url: "b", from: "1.0.0"),
                //
                .package(url: "c", from: "1.0.0"),
            ]
            """
        #expect(DependencyRule.breaches(in: source("Package.swift", text)).map(\.line) == [4, 6])
    }

    @Test("What would keep others from the libraries")
    func badManifest() {
        let text = """
            // unsafeFlags
            .target(name: "A", swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
            .product(name: "B", package: "b"),
            .product(name: "C", package: "c", condition: .when(traits: [programs])),
            .outer("D", of: "d"),
            """
        let manifest = source("Package.swift", text)
        #expect(UnsafeFlagsRule.breaches(in: manifest).map(\.line) == [2])
        #expect(OuterPackageRule.breaches(in: manifest).map(\.line) == [3])
    }

    @Test("@testable")
    func badTestable() {
        let text = "@testable import Triage\n// @testable import Triage\n"
        #expect(TestableRule.breaches(in: source("Tests/X.swift", text)).map(\.line) == [1])
    }

    @Test("Code, comments and literals are told apart")
    func scanning() {
        let text =
            "let a = \"x // \\(f(\"y\")) z\" // c\nlet b = #\"\"\"\n1\\#(n)\n\"\"\"#; /* d */ let c = \"\\\"\"\n\"open\nlet d"
        let lines = source("X.swift", text).lines
        #expect(lines.map(\.code) == ["let a = \"\" ", "let b = #\"\"\"", "", "\"\"\"#;  let c = \"\"", "\"", "let d"])
        #expect(lines.map(\.comment) == ["// c", "", "", "/* d */", "", ""])
        #expect(
            lines.map(\.literals) == [["x // \\(f(\"y\")) z"], [], ["1\\#(n)"], ["\\\""], ["open"], []])
    }
}
