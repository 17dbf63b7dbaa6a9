// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 mode comes with the tools version; a warning is an error.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The two programs. Whoever wants the libraries alone depends on this package with `traits: []`: every outer package hangs
/// on this trait, so that SwiftPM then fetches none of them.
let programs = "Programs"

extension Target.Dependency {
    /// A product of another package.
    static func outer(_ name: String, of package: String) -> Self {
        .product(name: name, package: package, condition: .when(traits: [programs]))
    }
}

let package = Package(
    name: "nexify",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "VectorIndex", targets: ["VectorIndex"]),
        .library(name: "TextEmbedding", targets: ["TextEmbedding"]),
        .executable(name: "triage-server", targets: ["TriageServer"]),
        .executable(name: "index-tool", targets: ["IndexTool"]),
    ],
    traits: [
        .trait(
            name: programs, description: "triage-server, index-tool and their tests; without it, the libraries alone"),
        .default(enabledTraits: [programs]),
    ],
    dependencies: [
        // HTTP server, router and middleware: the whole of the wire protocol and its limits.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        // HTTP client for model servers: pooled connections, deadlines, streaming bodies.
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        // Command lines: parsing, --help and errors of triage-server and index-tool.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // JSON Web Tokens: signing and the checks on time, issuer and audience.
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        // One logging interface under every module.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // One metrics interface, so that libraries report without knowing Prometheus.
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Starting and stopping services in order, with signals.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        // SHA-256, PBKDF2 and constant-time comparison for tokens, keys, carried-over passwords and file fingerprints.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Byte buffers, parse errors of header fields, the thread pool that hashes passwords.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // TLS of the server's own, and reading its certificate and key.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        // HTTP messages as the handlers of a connection see them.
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.30.0"),
        // Names of header fields and statuses.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        // File descriptors and paths, as swift-subprocess takes them.
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        // Child processes (PostgreSQL's own tools) with another user id and without a shell.
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
    ],
    targets: [
        // C
        .target(name: "CBLAS", linkerSettings: [.linkedLibrary("blas")]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),

        // The engine and the embedder
        .target(name: "VectorIndex", dependencies: ["CBLAS"], swiftSettings: house),
        .target(name: "TextEmbedding", dependencies: ["CBLAS"], swiftSettings: house),

        // Postgres and what is built on it
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", .outer("Logging", of: "swift-log")],
            swiftSettings: house),
        .target(
            name: "PrivatePostgres",
            dependencies: [
                .outer("Logging", of: "swift-log"),
                .outer("Subprocess", of: "swift-subprocess"),
                .outer("SystemPackage", of: "swift-system"),
            ],
            swiftSettings: house),
        .target(
            name: "JobQueue",
            dependencies: [
                "Postgres",
                .outer("Logging", of: "swift-log"),
                .outer("Metrics", of: "swift-metrics"),
            ],
            swiftSettings: house),

        // The domain
        .target(name: "Triage", swiftSettings: house),

        // The two programs
        .executableTarget(
            name: "TriageServer",
            dependencies: [
                "CArgon2", "CMalloc", "JobQueue", "Postgres", "PrivatePostgres", "TextEmbedding", "Triage",
                "VectorIndex",
                .outer("ArgumentParser", of: "swift-argument-parser"),
                .outer("AsyncHTTPClient", of: "async-http-client"),
                .outer("Crypto", of: "swift-crypto"),
                .outer("CryptoExtras", of: "swift-crypto"),
                .outer("HTTPTypes", of: "swift-http-types"),
                .outer("Hummingbird", of: "hummingbird"),
                .outer("HummingbirdCore", of: "hummingbird"),
                .outer("HummingbirdTLS", of: "hummingbird"),
                .outer("JWTKit", of: "jwt-kit"),
                .outer("Logging", of: "swift-log"),
                .outer("Metrics", of: "swift-metrics"),
                .outer("NIOCore", of: "swift-nio"),
                .outer("NIOHTTP1", of: "swift-nio"),
                .outer("NIOHTTPTypes", of: "swift-nio-extras"),
                .outer("NIOPosix", of: "swift-nio"),
                .outer("NIOSSL", of: "swift-nio-ssl"),
                .outer("ServiceLifecycle", of: "swift-service-lifecycle"),
                .outer("UnixSignals", of: "swift-service-lifecycle"),
            ],
            resources: [.copy("Console/static")],
            swiftSettings: house),
        .executableTarget(
            name: "IndexTool",
            dependencies: [
                "Postgres", "TextEmbedding", "VectorIndex",
                .outer("ArgumentParser", of: "swift-argument-parser"),
                .outer("Logging", of: "swift-log"),
            ],
            swiftSettings: house),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: ["PrivatePostgres", .outer("Logging", of: "swift-log")],
            path: "Tests/Support", swiftSettings: house),
        // What the fuzzer does with an input; the tests do it with the inputs that it found.
        .target(
            name: "IndexFuzz", dependencies: ["CBLAS", "VectorIndex"], path: "Tests/Fuzz/IndexFuzz",
            swiftSettings: house),
        // A builder that is killed, or made to fail, where the tests want it.
        .executableTarget(
            name: "FaultyBuilder", dependencies: ["CBLAS", "VectorIndex"], path: "Tests/FaultyBuilder",
            swiftSettings: house),
        .testTarget(name: "HouseTests", dependencies: ["TestSupport"], swiftSettings: house),
        .testTarget(
            name: "VectorIndexTests",
            dependencies: ["CBLAS", "FaultyBuilder", "IndexFuzz", "TestSupport", "VectorIndex"],
            exclude: ["Golden"],
            swiftSettings: house),
        .testTarget(
            name: "TextEmbeddingTests", dependencies: ["CBLAS", "TextEmbedding"], resources: [.copy("Fixtures")],
            swiftSettings: house),
        .testTarget(
            name: "EngineOnRealTextTests", dependencies: ["TestSupport", "TextEmbedding", "VectorIndex"],
            swiftSettings: house),
        .testTarget(
            name: "IndexToolTests",
            dependencies: [
                "CBLAS", "IndexTool", "Postgres", "TestSupport", .outer("Logging", of: "swift-log"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["Postgres", "TestSupport", .outer("Logging", of: "swift-log")],
            swiftSettings: house),
        .testTarget(
            name: "JobQueueTests",
            dependencies: ["JobQueue", "Postgres", "TestSupport", .outer("Logging", of: "swift-log")],
            swiftSettings: house),
        .testTarget(
            name: "PrivatePostgresTests",
            dependencies: [
                "PrivatePostgres", "TestSupport",
                .outer("Logging", of: "swift-log"),
                .outer("Subprocess", of: "swift-subprocess"),
                .outer("SystemPackage", of: "swift-system"),
            ],
            swiftSettings: house),
        .testTarget(name: "TriageTests", dependencies: ["Triage"], swiftSettings: house),
        .testTarget(
            name: "TriageServerTests",
            dependencies: [
                "Postgres", "TestSupport", "Triage", "TriageServer",
                .outer("AsyncHTTPClient", of: "async-http-client"),
                .outer("CoreMetrics", of: "swift-metrics"),
                .outer("Crypto", of: "swift-crypto"),
                .outer("HTTPTypes", of: "swift-http-types"),
                .outer("Hummingbird", of: "hummingbird"),
                .outer("HummingbirdTesting", of: "hummingbird"),
                .outer("Logging", of: "swift-log"),
                .outer("NIOCore", of: "swift-nio"),
                .outer("NIOHTTP1", of: "swift-nio"),
                .outer("NIOPosix", of: "swift-nio"),
                .outer("NIOSSL", of: "swift-nio-ssl"),
            ],
            swiftSettings: house),
    ]
)

// `make sanitize` builds the engine and its tests and nothing else: no dependency is built with a sanitizer.
if Context.environment["NEXIFY_ENGINE_ONLY"] != nil {
    let engine: Set = ["CBLAS", "VectorIndex", "IndexFuzz", "FaultyBuilder", "TestSupport", "VectorIndexTests"]
    package.dependencies = []
    package.products.removeAll { $0.name != "VectorIndex" }
    package.targets.removeAll { !engine.contains($0.name) }
    for target in package.targets where target.name == "TestSupport" {
        target.dependencies = []
        target.sources = ["RepositoryRoot.swift", "TestDirectory.swift"]
        target.exclude = ["StaleServers.swift", "TestDatabase.swift"]
    }
}
