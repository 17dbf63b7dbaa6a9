import AsyncHTTPClient
import NIOCore
import NIOPosix
import Triage

extension LanguageModelError {
    /// What the HTTP client reports, in our terms. The kind of fault only: a client's own message may hold a URL, and
    /// that may hold credentials.
    init(transport error: any Error, deadline: Duration) {
        switch error {
        case let error as LanguageModelError: self = error
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self = .timedOut(seconds: deadline.milliseconds / 1_000)
        case let error as HTTPClientError: self = .unreachable(error.shortDescription)
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }.first
            self = .unreachable("no connection" + (reason.map { ", errno \($0)" } ?? ""))
        case let error as IOError: self = .unreachable("the connection failed, errno \(error.errnoCode)")
        default: self = .unreachable("\(type(of: error))")
        }
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
