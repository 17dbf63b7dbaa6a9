import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Triage

extension LanguageModelError {
    /// What the HTTP client reports, in our terms. The kind of fault only: a client's own message may hold a URL, and
    /// that may hold credentials.
    init(transport error: any Error, deadline: Duration) {
        let closed = "the connection was closed before the answer ended"
        switch error {
        case let error as LanguageModelError: self = error
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self = .timedOut(after: deadline)
        case let error as HTTPParserError where error == .invalidEOFState: self = .unreachable(closed)
        case let error as HTTPClientError where error == .remoteConnectionClosed: self = .unreachable(closed)
        // A kept connection that died before it was used again.
        case is ChannelError: self = .unreachable(closed)
        case let error as HTTPClientError: self = .unreachable(error.shortDescription)
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.lazy.compactMap { $0.error as? IOError }.first
            self = .unreachable(reason.map(Self.failed) ?? "its name was not found")
        case let error as IOError: self = .unreachable(Self.failed(error))
        default: self = .unreachable("\(type(of: error))")
        }
    }

    private static func failed(_ error: IOError) -> String { "the connection failed (errno \(error.errnoCode))" }

    /// In whole milliseconds, so that it reads as it was configured.
    static func timedOut(after deadline: Duration) -> LanguageModelError {
        .timedOut(seconds: deadline.milliseconds.rounded() / 1_000)
    }

    /// Whether the server is well and refused this one prompt, which says nothing about the next.
    var isAboutThePrompt: Bool {
        switch self {
        case .promptTooLong: true
        case .refused(let status): status == 400 || status == 422
        case .timedOut, .unreachable, .tooLong, .malformed, .circuitOpen: false
        }
    }
}
