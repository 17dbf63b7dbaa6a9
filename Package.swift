// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 mode comes with the tools version; a warning is an error.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "nexify",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "VectorIndex", targets: ["VectorIndex"]),
        .library(name: "TextEmbedding", targets: ["TextEmbedding"]),
        .executable(name: "triage-server", targets: ["TriageServer"]),
        .executable(name: "index-tool", targets: ["IndexTool"]),
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
        // Settings by environment and file, with redaction of secrets.
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        // SHA-256 and constant-time comparison for tokens, keys and file fingerprints.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Byte buffers, parse errors of header fields, the thread pool that hashes passwords.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
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
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),

        // The engine and the embedder
        .target(name: "VectorIndex", dependencies: ["CBLAS"], swiftSettings: house),
        .target(name: "TextEmbedding", dependencies: ["CBLAS"], swiftSettings: house),

        // Postgres and what is built on it
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", .product(name: "Logging", package: "swift-log")],
            swiftSettings: house),
        .target(
            name: "PrivatePostgres",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: house),
        .target(
            name: "JobQueue",
            dependencies: [
                "Postgres",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house),

        // The domain
        .target(name: "Triage", swiftSettings: house),

        // The two programs
        .executableTarget(
            name: "TriageServer",
            dependencies: [
                "CArgon2", "JobQueue", "Postgres", "PrivatePostgres", "TextEmbedding", "Triage", "VectorIndex",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Console/static")],
            swiftSettings: house),
        .executableTarget(
            name: "IndexTool",
            dependencies: [
                "Postgres", "TextEmbedding", "VectorIndex",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: ["PrivatePostgres", .product(name: "Logging", package: "swift-log")],
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
                "CBLAS", "IndexTool", "Postgres", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["Postgres", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: house),
        .testTarget(
            name: "JobQueueTests",
            dependencies: ["JobQueue", "Postgres", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: house),
        .testTarget(
            name: "PrivatePostgresTests",
            dependencies: [
                "PrivatePostgres", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: house),
        .testTarget(name: "TriageTests", dependencies: ["Triage"], swiftSettings: house),
        .testTarget(
            name: "TriageServerTests",
            dependencies: [
                "Postgres", "TestSupport", "Triage", "TriageServer",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
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
