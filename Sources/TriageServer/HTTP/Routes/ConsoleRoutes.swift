import Hummingbird

/// The console's files at `/`.
struct ConsoleRoutes: Sendable {
    let files: ConsoleFiles

    /// One route a file: a path that is no file is no route, and there is nothing to climb out of.
    var endpoints: [Endpoint] {
        files.files.map { file in
            Endpoint(.get, file.path) { request in file.answer(to: request) }.fromMemory()
        }
    }
}
