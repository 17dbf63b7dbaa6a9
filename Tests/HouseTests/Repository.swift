import Foundation
import TestSupport

/// The files of this repository, as they lie in the working tree.
enum Repository {
    /// Not ours, or not for git.
    static let skipped: Set<String> = [".git", ".nexify", "Package.resolved", "__pycache__", "node_modules"]
    static let fileBytesMax = 4 * 1024 * 1024

    /// All files under `folder`, by their path in the repository, sorted.
    static func files(under folder: String = "") -> [String] {
        let root = folder.isEmpty ? RepositoryRoot.path : RepositoryRoot.path(folder)
        guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
        var found: [String] = []
        for case let path as String in walk {
            let name = (path as NSString).lastPathComponent
            if skipped.contains(name) || name.hasPrefix(".build") || name.hasSuffix(".swp") {
                walk.skipDescendants()
                continue
            }
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isDirectory),
                !isDirectory.boolValue
            {
                found.append(folder.isEmpty ? path : "\(folder)/\(path)")
            }
        }
        return found.sorted()
    }

    /// The text of a file; nil when it is not text, or larger than anything that is written by hand.
    static func text(_ file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: RepositoryRoot.path(file)), data.count <= fileBytesMax
        else { return nil }
        return String(data: data, encoding: .utf8)
    }

    static func swiftSources(under folder: String) -> [SwiftSource] {
        files(under: folder).filter { $0.hasSuffix(".swift") }
            .compactMap { file in text(file).map { SwiftSource(file: file, text: $0) } }
    }
}
