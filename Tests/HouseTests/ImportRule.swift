/// Who may import whom: the tables of docs/ARCHITECTURE.md.
enum ImportRule {
    /// A folder under Sources and what its files may import beside the platform's own C library.
    struct Room {
        var folder: String
        /// A name, or the beginning of one with a star: `NIO*`.
        var imports: [String]
    }

    static let platform = ["Glibc", "Musl", "Darwin"]
    static let foundation = ["Foundation", "FoundationEssentials"]

    /// The most exact folder comes first.
    static let rooms: [Room] = [
        Room(folder: "CBLAS", imports: []),
        Room(folder: "CLibPQ", imports: []),
        Room(folder: "CArgon2", imports: []),
        Room(folder: "CMalloc", imports: []),
        Room(folder: "VectorIndex", imports: ["CBLAS", "Synchronization"]),
        Room(folder: "TextEmbedding", imports: ["CBLAS", "Synchronization"]),
        Room(folder: "Postgres", imports: ["CLibPQ", "Logging", "Synchronization"]),
        Room(
            folder: "PrivatePostgres",
            imports: foundation + ["Logging", "Subprocess", "Synchronization", "SystemPackage"]),
        Room(folder: "JobQueue", imports: foundation + ["Postgres", "Logging", "Metrics", "Synchronization"]),
        Room(folder: "Triage", imports: ["FoundationEssentials"]),
        Room(folder: "TriageServer/App", imports: ["*"]),
        Room(
            folder: "TriageServer/HTTP",
            imports: foundation + [
                "Triage", "Hummingbird*", "HTTPTypes", "NIO*", "JWTKit", "Crypto", "CryptoExtras", "CArgon2", "Logging",
                "Metrics", "Synchronization",
            ]),
        Room(
            folder: "TriageServer/Store",
            imports: foundation + ["Triage", "Postgres", "JobQueue", "Crypto", "Logging", "Synchronization"]),
        Room(
            folder: "TriageServer/Retrieval",
            imports: foundation + [
                "Triage", "VectorIndex", "TextEmbedding", "Logging", "Metrics", "Dispatch", "Synchronization",
            ]),
        Room(
            folder: "TriageServer/LLM",
            imports: foundation + ["Triage", "AsyncHTTPClient", "NIO*", "Logging", "Metrics", "Synchronization"]),
        Room(
            folder: "TriageServer/Observability",
            imports: foundation + ["Logging", "Metrics", "CoreMetrics", "NIOCore", "Dispatch", "Synchronization"]),
        Room(
            folder: "IndexTool",
            imports: foundation + [
                "VectorIndex", "TextEmbedding", "Postgres", "ArgumentParser", "Logging", "Synchronization",
            ]),
    ]

    static func breaches(in source: SwiftSource) -> [Breach] {
        guard let room = rooms.first(where: { source.file.hasPrefix("Sources/\($0.folder)/") }) else {
            return [
                Breach(
                    file: source.file, line: 1,
                    rule: "stands in no room: give its folder a line in ImportRule.swift and docs/ARCHITECTURE.md")
            ]
        }
        return imports(in: source).compactMap { line, module in
            guard !mayImport(module, in: room) else { return nil }
            return Breach(file: source.file, line: line, rule: "\(room.folder) may not import \(module)")
        }
    }

    static func imports(in source: SwiftSource) -> [(line: Int, module: String)] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
        return source.lines.enumerated().compactMap { index, line in
            line.code.firstMatch(of: pattern).map { (index + 1, String($0.1)) }
        }
    }

    private static func mayImport(_ module: String, in room: Room) -> Bool {
        (room.imports + platform).contains { allowed in
            allowed.hasSuffix("*") ? module.hasPrefix(allowed.dropLast()) : module == allowed
        }
    }
}
