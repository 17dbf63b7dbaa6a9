import Hummingbird

extension Endpoint {
    /// The answer, or 503 when it takes too long. What the handler is doing is cancelled, and an answer that it gives all
    /// the same counts: it may be of something that was done.
    func respond(to request: APIRequest, within time: Duration) async throws -> Response {
        // Server-Sent Events last as long as somebody listens.
        if path.hasSuffix("/stream") { return try await handler(request) }
        return try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { [handler] in try await handler(request) }
            group.addTask {
                // Cancelled: the answer has come.
                try? await Task.sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            if case let response?? = try await group.next() { return response }
            group.cancelAll()
            do {
                if case let response?? = try await group.next() { return response }
            } catch {
                // Whatever the handler says of its cancellation, the reason is the time.
                throw APIError.unavailable(
                    "The request took too long and was given up.",
                    retryAfterSeconds: ErrorTranslation.retryAfterSeconds)
            }
            throw CancellationError()
        }
    }
}
