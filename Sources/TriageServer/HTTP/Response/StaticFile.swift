import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// Bytes that are the same for everybody as long as the program runs, named by their digest, so that clients ask for them
/// once.
struct StaticFile: Sendable {
    /// As it is asked for, e.g. `/js/main.js`; `/` for the console's page.
    var path: String
    var contentType: String
    var entityTag: String
    var content: ByteBuffer

    init(path: String, contentType: String, content: ByteBuffer) {
        self.path = path
        self.contentType = contentType
        self.content = content
        let digest = Hexadecimal.text(SHA256.hash(data: Array(content.readableBytesView)).prefix(16))
        entityTag = "\"\(digest)\""
    }

    /// 304 to who has it already.
    func answer(to request: APIRequest) -> Response {
        let headers: HTTPFields = [.contentType: contentType, .eTag: entityTag, .cacheControl: "no-cache"]
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
            .map { String($0).trimmingWhitespace() }
        if known.contains(where: { $0 == "*" || $0 == entityTag || $0 == "W/" + entityTag }) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: content))
    }
}
