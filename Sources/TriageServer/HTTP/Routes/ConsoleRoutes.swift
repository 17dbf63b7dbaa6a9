import HTTPTypes
import Hummingbird
import NIOCore

/// The console's files at `/`.
struct ConsoleRoutes: Sendable {
    let files: ConsoleFiles

    /// One route a file: a path that is no file is no route, and there is nothing to climb out of.
    var endpoints: [Endpoint] {
        files.files.map { file in
            Endpoint(.get, file.path) { request in
                let headers: HTTPFields = [
                    .contentType: file.contentType, .eTag: file.entityTag, .cacheControl: "no-cache",
                ]
                let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
                if known.contains(where: { String($0).trimmingWhitespace() == file.entityTag }) {
                    return Response(status: .notModified, headers: headers)
                }
                return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.content))
            }
        }
    }
}
