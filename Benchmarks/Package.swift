// swift-tools-version: 6.2
import PackageDescription

/// The same rules as the package that is measured.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "nexify-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        // What is measured: the libraries VectorIndex and TextEmbedding.
        .package(name: "nexify", path: "..", traits: []),
        // HTTP client of the triage benchmark: one kept connection, so that no set-up is measured.
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        // Command lines: parsing, --help and errors.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // Byte buffers of requests and answers, and the names of HTTP methods.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        .target(name: "Measurement", swiftSettings: house),
        .executableTarget(
            name: "triage-latency",
            dependencies: [
                "Measurement",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Sources/TriageLatency", swiftSettings: house),
        .executableTarget(
            name: "embed-latency",
            dependencies: [
                "Measurement",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "TextEmbedding", package: "nexify"),
            ],
            path: "Sources/EmbedLatency", swiftSettings: house),
        .executableTarget(
            name: "open-latency",
            dependencies: [
                "Measurement",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "VectorIndex", package: "nexify"),
            ],
            path: "Sources/OpenLatency", swiftSettings: house),
        .testTarget(name: "MeasurementTests", dependencies: ["Measurement"], swiftSettings: house),
    ]
)
