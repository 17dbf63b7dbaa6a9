import Foundation
import NIOCore

/// The console's files, read into memory once: they are small, and what is not in this list cannot be asked for.
struct ConsoleFiles: Sendable {
    enum Limits {
        static let fileBytesMax = 4 << 20
    }

    /// The console is not where it should be.
    struct Missing: Error, CustomStringConvertible {
        var path: String
        var description: String {
            "the console's files are missing at \(path); run the program from where it was built, or install its "
                + "resource bundle beside it"
        }
    }

    let files: [StaticFile]
    /// What `/api/docs/` shows.
    let apiPage: StaticFile

    /// The files that this program was built with.
    static func bundled() throws -> ConsoleFiles {
        try ConsoleFiles(directory: Bundle.module.bundleURL.appendingPathComponent("static", isDirectory: true))
    }

    /// - Throws: `Missing` when one of the two pages is not there.
    init(directory: URL) throws {
        let root = directory.standardizedFileURL.path
        guard let names = FileManager.default.enumerator(atPath: root) else { throw Missing(path: root) }
        var files: [StaticFile] = []
        for case let name as String in names {
            guard let contentType = Self.contentTypes[(name as NSString).pathExtension] else { continue }
            let data = try Data(contentsOf: directory.appendingPathComponent(name))
            guard data.count <= Limits.fileBytesMax else { continue }
            files.append(
                StaticFile(
                    path: name == "index.html" ? "/" : "/" + name, contentType: contentType,
                    content: ByteBuffer(bytes: data)))
        }
        guard let page = files.first(where: { $0.path == "/" }),
            let apiPage = files.first(where: { $0.path == "/api-docs/index.html" })
        else { throw Missing(path: root) }
        self.apiPage = apiPage
        var named = page
        named.path = "/index.html"
        self.files = (files + [named]).sorted { $0.path < $1.path }
    }

    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
        "json": "application/json", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
        "webmanifest": "application/manifest+json", "txt": "text/plain; charset=utf-8",
    ]
}
