/// SQL stands where rows are known, and nowhere else.
enum SQLRule {
    static let rooms = ["Sources/Postgres/", "Sources/JobQueue/", "Sources/TriageServer/Store/"]

    /// index-tool reads vectors from a database; that one file has its query.
    static func isRoom(_ file: String) -> Bool {
        rooms.contains { file.hasPrefix($0) } || (file.hasPrefix("Sources/IndexTool/") && file.contains("Postgres"))
    }

    static func breaches(in source: SwiftSource) -> [Breach] {
        guard !isRoom(source.file) else { return [] }
        let statement =
            /\b(?:SELECT\s+\S|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|EXTENSION|ROLE|POLICY|DATABASE|SCHEMA)\b|TRUNCATE\s+\S)/
        return source.lines.enumerated().flatMap { index, line in
            line.literals.filter { $0.contains(statement) }.map { _ in
                Breach(
                    file: source.file, line: index + 1,
                    rule: "SQL outside of Store, JobQueue and Postgres: move the query to a store")
            }
        }
    }
}

/// Memory without bounds stays with those who own it, and whoever says "unchecked" says why it holds.
enum UnsafeRule {
    /// Files by the beginning of their path, with what they own.
    static let owners: [(prefix: String, owns: String)] = [
        ("Sources/VectorIndex/", "the mapped snapshot, the build's buffers and the calls of the kernels"),
        ("Sources/TextEmbedding/", "the mapped weights, the encoder's buffers and the calls of the kernels"),
        ("Sources/Postgres/LibPQSession", "libpq's connection and what it returns"),
        ("Sources/Postgres/PostgresResult.swift", "libpq's result"),
        ("Sources/Postgres/PostgresDecodable.swift", "numbers in network order inside a result"),
        ("Sources/Postgres/PostgresEncodable.swift", "numbers in network order inside a parameter"),
        ("Sources/Postgres/PostgresCopyRow.swift", "rows of COPY inside libpq's buffer"),
        ("Sources/Postgres/SQL.swift", "no memory: the label `unsafeRaw`, which warns of text taken as SQL"),
        ("Sources/TriageServer/Observability/StandardStream.swift", "a log line on its way to a descriptor"),
        (
            "Sources/TriageServer/HTTP/Identity/PasswordHash.swift",
            "no memory: the label `unsafeUncheckedRounds`, which warns of few iterations"
        ),
        ("Sources/IndexTool/VectorFile.swift", "vectors read from a file"),
        ("Sources/IndexTool/StandardError.swift", "a line on its way to a descriptor"),
    ]

    static func breaches(in source: SwiftSource) -> [Breach] {
        let isOwner = owners.contains { source.file.hasPrefix($0.prefix) }
        return source.lines.indices.flatMap { index -> [Breach] in
            let code = source.lines[index].code
            var found: [Breach] = []
            if !isOwner, code.contains(/[Uu]nsafe/) {
                found.append(
                    Breach(
                        file: source.file, line: index + 1,
                        rule: "unsafe outside of the files that own memory (UnsafeRule.owners)"))
            }
            if code.contains("@unchecked Sendable"), !isExplained(source, index) {
                found.append(
                    Breach(
                        file: source.file, line: index + 1,
                        rule: "@unchecked Sendable without the line above it that makes it true"))
            }
            return found
        }
    }

    /// The comment directly above names it.
    private static func isExplained(_ source: SwiftSource, _ index: Int) -> Bool {
        for line in source.lines[..<index].reversed() {
            if line.comment.contains("@unchecked Sendable") { return true }
            let isAttribute = line.code.contains(/^\s*@\w+\s*$/)
            guard isAttribute || (!line.comment.isEmpty && line.code.allSatisfy(\.isWhitespace)) else { return false }
        }
        return false
    }
}

/// No path of one machine in a file that everyone gets.
enum MachinePathRule {
    /// Put together here, so that this file does not break its own rule.
    static let places = ["work", "root", "farm"].map { "/" + $0 + "/" }
    /// What may stand before a path; a letter or a dot makes it the end of a longer path or of an address.
    private static let boundaries = Set<Character>(" \t\"'`(=:,[<>")

    static func breaches(in file: String, text: String) -> [Breach] {
        var found: [Breach] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for place in places where mentions(line, place) {
                found.append(Breach(file: file, line: index + 1, rule: "a path of one machine: \(place)"))
            }
        }
        return found
    }

    private static func mentions(_ line: Substring, _ place: String) -> Bool {
        line.ranges(of: place).contains { range in
            range.lowerBound == line.startIndex || boundaries.contains(line[line.index(before: range.lowerBound)])
        }
    }
}

/// Each dependency says above itself what it saves us.
enum DependencyRule {
    static func breaches(in manifest: SwiftSource) -> [Breach] {
        manifest.lines.indices.compactMap { index in
            guard manifest.lines[index].code.contains(/^\s*\.package\(/) else { return nil }
            if index > 0, manifest.lines[index - 1].comment.count > "// ".count { return nil }
            return Breach(file: manifest.file, line: index + 1, rule: "a dependency without a reason above it")
        }
    }
}

/// SwiftPM refuses packages with unsafe flags as dependencies of a version, so one of them would shut out all dependants.
enum UnsafeFlagsRule {
    static func breaches(in manifest: SwiftSource) -> [Breach] {
        manifest.lines.enumerated().compactMap { index, line in
            guard line.code.contains("unsafeFlags") else { return nil }
            return Breach(
                file: manifest.file, line: index + 1, rule: "unsafeFlags: nobody could depend on us")
        }
    }
}

/// Outer packages hang on the trait of the programs, so that a dependant of the libraries fetches none of them.
enum OuterPackageRule {
    static func breaches(in manifest: SwiftSource) -> [Breach] {
        manifest.lines.indices.compactMap { index in
            guard manifest.lines[index].code.contains(/\.product\(/),
                !manifest.lines[index].code.contains(/condition: \.when\(traits:/)
            else { return nil }
            return Breach(
                file: manifest.file, line: index + 1,
                rule: "a product of another package without the trait of the programs: use .outer(_:of:)")
        }
    }
}

/// Tests run optimised, so they see what is `package` or `public`.
enum TestableRule {
    static func breaches(in source: SwiftSource) -> [Breach] {
        source.lines.enumerated().compactMap { index, line in
            guard line.code.contains("@testable") else { return nil }
            return Breach(file: source.file, line: index + 1, rule: "@testable: make what is tested `package`")
        }
    }
}
