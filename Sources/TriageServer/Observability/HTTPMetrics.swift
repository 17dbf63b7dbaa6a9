import Metrics
import Synchronization

/// What is counted of every request. Names and labels are django-prometheus', so that its dashboards and alerts work
/// unchanged; `view` is the route's pattern, never a path.
final class HTTPMetrics: Sendable {
    /// The series of one method, view and status.
    private struct Key: Hashable {
        var method: String
        var view: String
        var status: Int
    }

    private struct Handles: Sendable {
        var requestsByMethod: Counter
        var requestsByView: Counter
        var responses: Counter
        var responsesByStatus: Counter
        var latency: Metrics.Timer
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let handles = Mutex<[Key: Handles]>([:])
    private let latency = Metrics.Timer(label: "django_http_requests_latency_including_middlewares_seconds")
    private let requests = Counter(label: "django_http_requests_before_middlewares_total")
    private let answers = Counter(label: "django_http_responses_before_middlewares_total")
    private let requestBytes = Recorder(label: "django_http_requests_body_total_bytes")
    private let responseBytes = Recorder(label: "django_http_responses_body_total_bytes")

    /// - Parameter requestBytes: what was read of the body, whatever the client said of its length.
    func record(
        method: String, view: String, status: Int, elapsed: Duration, requestBytes: Int, responseBytes: Int?
    ) {
        // django-prometheus' word for methods that are none of HTTP's own.
        let key = Key(method: Self.methods.contains(method) ? method : "<invalid method>", view: view, status: status)
        let handles = handles.withLock { handles in
            if let known = handles[key] { return known }
            let new = Self.handles(key)
            handles[key] = new
            return new
        }
        let (seconds, attoseconds) = elapsed.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        requests.increment()
        answers.increment()
        latency.recordNanoseconds(nanoseconds)
        handles.requestsByMethod.increment()
        handles.requestsByView.increment()
        handles.responses.increment()
        handles.responsesByStatus.increment()
        handles.latency.recordNanoseconds(nanoseconds)
        self.requestBytes.record(requestBytes)
        if let responseBytes { self.responseBytes.record(responseBytes) }
    }

    private static func handles(_ key: Key) -> Handles {
        let (method, view, status) = (("method", key.method), ("view", key.view), ("status", String(key.status)))
        return Handles(
            requestsByMethod: Counter(label: "django_http_requests_total_by_method_total", dimensions: [method]),
            requestsByView: Counter(
                label: "django_http_requests_total_by_view_transport_method_total",
                dimensions: [method, ("transport", "http"), view]),
            responses: Counter(
                label: "django_http_responses_total_by_status_view_method_total", dimensions: [status, view, method]),
            responsesByStatus: Counter(
                label: "django_http_responses_total_by_status_total", dimensions: [status]),
            latency: Metrics.Timer(
                label: "django_http_requests_latency_seconds_by_view_method", dimensions: [view, method]))
    }
}
