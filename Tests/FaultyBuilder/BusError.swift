import Glibc
import VectorIndex

/// A missing page that is none of the engine's.
enum BusError {
    /// Reads a page that its file has lost, while the index at `path` is mapped.
    static func meet(beside path: String, hasHandler: Bool) -> Never {
        if hasHandler { signal(SIGBUS) { _ in _exit(42) } }
        guard let snapshot = try? Snapshot(path: path), let other = tmpfile() else {
            fatalError("no index, or no file")
        }
        let descriptor = fileno(other)
        guard ftruncate(descriptor, 4_096) == 0,
            let page = mmap(nil, 4_096, PROT_READ, MAP_SHARED, descriptor, 0), page != MAP_FAILED,
            ftruncate(descriptor, 0) == 0
        else { fatalError("no page") }
        withExtendedLifetime(snapshot) { print(page.load(as: UInt8.self)) }
        fatalError("the page was there")
    }
}
