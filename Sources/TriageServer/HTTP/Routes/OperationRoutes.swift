import Hummingbird
import NIOCore

/// Health and metrics, for orchestrators and Prometheus; outside `/api`, without sign-in.
struct OperationRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            // Alive says nothing of Postgres: a server that waits for it must not be restarted for that.
            Endpoint(.get, "/healthz", .readHealth) { _ in Self.status("ok") },
            Endpoint(.get, "/livez", .readLiveness) { _ in Self.status("ok") },
            Endpoint(.get, "/readyz", .readReadiness, handler: ready),
            Endpoint(.get, "/metrics", .readMetrics, handler: metrics),
        ]
    }

    private static func status(_ status: String) -> Response {
        .json(capacity: 64) { json in json.object { $0.field("status", status) } }
    }

    @Sendable private func ready(_ request: APIRequest) async -> Response {
        let readiness = await services.readiness()
        let isUnavailable = readiness.state == .unavailable
        var answer: Response = .json(isUnavailable ? .serviceUnavailable : .ok) { json in
            json.object { json in
                json.field("status", readiness.state.rawValue)
                json.key("checks")
                json.object { json in
                    for check in readiness.checks {
                        json.key(check.name)
                        json.object { json in
                            json.field("status", check.state.rawValue)
                            if let detail = check.detail { json.field("detail", detail) }
                        }
                    }
                }
            }
        }
        if isUnavailable { answer.headers[.retryAfter] = String(ErrorTranslation.retryAfterSeconds) }
        return answer
    }

    @Sendable private func metrics(_ request: APIRequest) -> Response {
        Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: services.metrics.text())))
    }
}
