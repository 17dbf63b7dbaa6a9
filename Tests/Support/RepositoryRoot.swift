import Foundation

/// The directory of this repository, found from where this file was compiled.
public enum RepositoryRoot {
    public static let path: String = {
        var directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while directory.path != "/" {
            if FileManager.default.fileExists(atPath: directory.appendingPathComponent("Package.swift").path) {
                return directory.path
            }
            directory.deleteLastPathComponent()
        }
        preconditionFailure("No Package.swift above \(#filePath)")
    }()

    /// A path inside the repository, as an absolute one.
    public static func path(_ relative: String) -> String { "\(path)/\(relative)" }
}
