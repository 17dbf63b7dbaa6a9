import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer of the contract. Never stored by caches: every answer depends on who asks.
    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], capacity: Int = 1024,
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter(capacity: capacity)
        write(&json)
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: json.buffer))
    }

    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], of value: some JSONRepresentable
    ) -> Response {
        json(status, headers: headers) { value.write(to: &$0) }
    }

    package static let noContent = Response(status: .noContent, headers: [.cacheControl: "no-store"])
}
