import HTTPTypes
import Hummingbird
import Triage

extension Endpoint {
    /// A route for whoever is signed in. Whether they still may be, and what they may do, is the handler's to ask.
    static func signedIn(
        _ method: HTTPRequest.Method, _ path: String, _ services: HTTPServices, access: Operation.Access = .signedIn,
        _ operation: Operation? = nil, bodyBytesMax: Int = RequestLimits.bodyBytesMax,
        handler: @escaping @Sendable (APIRequest, UserID) async throws -> Response
    ) -> Endpoint {
        let authenticator = services.authenticator
        return Endpoint(method, path, access: access, operation, bodyBytesMax: bodyBytesMax) { request in
            try await handler(request, try await authenticator.user(of: request))
        }
    }

    /// A route under `/organizations/{organization}/` for its members of at least that role.
    static func member(
        _ role: Role, _ method: HTTPRequest.Method, _ path: String, _ services: HTTPServices,
        _ operation: Operation? = nil, bodyBytesMax: Int = RequestLimits.bodyBytesMax,
        handler: @escaping @Sendable (APIRequest, Principal, OrganizationID) async throws -> Response
    ) -> Endpoint {
        let authenticator = services.authenticator
        return Endpoint(method, path, access: .member(role), operation, bodyBytesMax: bodyBytesMax) { request in
            let organization = try request.organization()
            // The token first, which costs nothing: strangers need not be listened to.
            _ = try await authenticator.user(of: request)
            // A large body is held for nobody else.
            if operation?.body != nil, request.announcesMuch {
                _ = try await authenticator.member(role, of: organization, by: request)
            }
            let request = try await request.withBody(of: operation)
            let principal = try await authenticator.member(role, of: organization, by: request)
            return try await handler(request, principal, organization)
        }
    }
}

extension APIRequest {
    /// The same request with its whole body, where the operation describes one. Elsewhere what comes is not looked at, so
    /// that it is answered with no status that the document does not have.
    ///
    /// - Throws: 400, 408, 413 or 503.
    func withBody(of operation: Operation?) async throws -> APIRequest {
        operation?.body == nil ? self : try await withBody()
    }

    /// The path's organisation.
    func organization() throws -> OrganizationID { try identifier("organization", of: "Organization") }
}
