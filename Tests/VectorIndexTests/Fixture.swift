import Foundation
import Synchronization
import TestSupport
import Testing
import VectorIndex

enum Fixture {
    /// A file's path in an empty directory of its own.
    static func path() throws -> String {
        let number = made.wrappingAdd(1, ordering: .relaxed).newValue
        let directory = try shared.get() + "/\(number)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        return directory + "/index.nxi"
    }

    private static let shared = Result { try TestDirectory.make("index") }
    private static let made = Atomic<Int>(0)

    /// Builds an index whose ids are the vectors' positions times three.
    @discardableResult
    static func write(
        _ vectors: [[Float]], to path: String, metric: Metric = .cosine, dimensions: Int? = nil,
        parameters: BuildParameters = BuildParameters(exactScanMax: 0)
    ) throws -> SnapshotInfo {
        var builder = SnapshotBuilder(
            dimensions: dimensions ?? vectors[0].count, metric: metric, parameters: parameters)
        for (i, vector) in vectors.enumerated() { try builder.add(id: UInt64(3 * i), vector: vector) }
        return try builder.write(to: path)
    }

    /// Builds an index as `write` does and opens it.
    static func snapshot(
        _ vectors: [[Float]], metric: Metric = .cosine,
        parameters: BuildParameters = BuildParameters(exactScanMax: 0)
    ) throws -> Snapshot {
        let path = try path()
        try write(vectors, to: path, metric: metric, parameters: parameters)
        return try Snapshot(path: path)
    }

    /// The bytes of an index that `write` builds.
    static func file(
        _ vectors: [[Float]], metric: Metric = .cosine,
        parameters: BuildParameters = BuildParameters(exactScanMax: 0)
    ) throws -> TestFile {
        let path = try path()
        try write(vectors, to: path, metric: metric, parameters: parameters)
        return TestFile(try bytes(path))
    }

    /// What the engine says of bytes that are no sound file; nil when it opens them.
    static func refusal(of bytes: [UInt8], _ verification: Verification = .full) throws -> VectorIndexError? {
        let path = try path()
        try write(bytes, to: path)
        defer { unlink(path) }
        do {
            _ = try Snapshot(path: path, verification: verification)
            return nil
        } catch {
            return error
        }
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// The score of two vectors, in double precision and the plain way.
    static func score(_ a: [Float], _ b: [Float], _ metric: Metric) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        switch metric {
        case .cosine: return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
        case .innerProduct: return dot(a, b)
        case .squaredL2:
            return -zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        }
    }

    /// The share of the true neighbours that were found.
    static func recall(_ found: [[Neighbor]], _ truth: [[Neighbor]]) -> Double {
        let shares = shares(found, truth)
        return shares.reduce(0, +) / Double(shares.count)
    }

    /// The same for each query.
    static func shares(_ found: [[Neighbor]], _ truth: [[Neighbor]]) -> [Double] {
        zip(found, truth).map { found, truth in
            let ids = Set(truth.map(\.id))
            return Double(found.count { ids.contains($0.id) }) / Double(truth.count)
        }
    }
}
