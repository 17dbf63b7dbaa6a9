import Foundation

/// Files written for one test, in a directory that goes with this object.
final class DamagedFile {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "nexify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    @discardableResult
    func write(_ name: String = "model.safetensors", _ bytes: some Sequence<UInt8>) throws -> String {
        try Data(bytes).write(to: directory.appending(path: name))
        return path(name)
    }

    /// A safetensors file with this header, and as many zeros as data.
    func safetensors(
        _ header: String, length: UInt64? = nil, data: Int, name: String = "model.safetensors"
    ) throws -> String {
        let json = Array(header.utf8)
        let head = withUnsafeBytes(of: (length ?? UInt64(json.count)).littleEndian) { Array($0) }
        let path = try write(name, head + json)
        // Extended, not written: a file of the model's size takes no room.
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.truncate(atOffset: UInt64(8 + json.count + data))
        try handle.close()
        return path
    }

    /// The published model's file, linked under its name.
    func link(_ name: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path(name), withDestinationPath: URL(filePath: RealModel.directory).appending(path: name).path)
    }
}
