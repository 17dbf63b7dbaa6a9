import HTTPTypes
import Hummingbird
import NIOCore
import Triage

extension APIError {
    /// The answer's form: the contract's own, or RFC 9457 for a client that asks for it.
    package enum Form: Sendable {
        case contract, problem

        /// Problems are for who names them: `*/*` comes from every client. With a weight of 0 they are what is not wanted.
        init(accept: String?) {
            let isWanted = (accept ?? "").lowercased().split(separator: ",").contains { range in
                let parts = range.split(separator: ";").map { String($0).trimmingWhitespace() }
                return parts.first == "application/problem+json"
                    && !parts.dropFirst().contains(where: Self.isZeroWeight)
            }
            self = isWanted ? .problem : .contract
        }

        private static func isZeroWeight(_ parameter: String) -> Bool {
            parameter.hasPrefix("q=") && Double(parameter.dropFirst(2)) == 0
        }
    }

    package func response(in form: Form, path: String, requestID: String) -> Response {
        var json = JSONWriter(capacity: 256)
        switch form {
        case .contract: write(to: &json)
        case .problem: writeProblem(to: &json, path: path, requestID: requestID)
        }
        var headers = headers
        headers[.contentType] = form == .problem ? "application/problem+json" : "application/json"
        headers[.cacheControl] = "no-store"
        headers[.vary] = "Accept"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: json.buffer))
    }

    private func write(to json: inout JSONWriter) {
        switch body {
        case .fields(let errors): json.object { Self.write(errors, to: &$0) }
        case .detail(let detail, let extra):
            json.object { json in
                json.field("detail", detail)
                for member in extra { json.field(member.name, member.value) }
            }
        case .exact(let value): json.value(value)
        }
    }

    private static func write(_ errors: [FieldError], to json: inout JSONWriter) {
        for error in errors {
            json.key(error.field)
            json.array { json in for message in error.messages { json.value(message) } }
        }
    }

    private func writeProblem(to json: inout JSONWriter, path: String, requestID: String) {
        json.object { json in
            json.field("type", "about:blank")
            json.field("title", status.reasonPhrase)
            json.field("status", status.code)
            switch body {
            case .fields(let errors):
                json.field("detail", "The request is not valid.")
                json.key("errors")
                json.object { Self.write(errors, to: &$0) }
            case .detail(let detail, let extra):
                json.field("detail", detail)
                for member in extra { json.field(member.name, member.value) }
            case .exact(let value):
                json.field("detail", "The request is not valid.")
                json.field("errors", value)
            }
            json.field("instance", path)
            json.field("request_id", requestID)
        }
    }
}
