import HTTPTypes
import Hummingbird
import Triage

extension Endpoint {
    typealias SignedInHandler = @Sendable (APIRequest, Principal) async throws -> Response

    /// A route for whoever is signed in. What they may do is the handler's to check.
    static func signedIn(
        _ method: HTTPRequest.Method, _ path: String, _ services: HTTPServices,
        bodyBytesMax: Int = RequestLimits.bodyBytesMax, handler: @escaping SignedInHandler
    ) -> Endpoint {
        let authenticator = services.authenticator
        return Endpoint(method, path, bodyBytesMax: bodyBytesMax) { request in
            try await handler(request, try await authenticator.principal(of: request))
        }
    }

    /// A route under `/organizations/{organization}/` for its members of at least that role.
    static func member(
        _ role: Role, _ method: HTTPRequest.Method, _ path: String, _ services: HTTPServices,
        bodyBytesMax: Int = RequestLimits.bodyBytesMax,
        handler: @escaping @Sendable (APIRequest, Principal, OrganizationID) async throws -> Response
    ) -> Endpoint {
        signedIn(method, path, services, bodyBytesMax: bodyBytesMax) { request, principal in
            let organization: OrganizationID = try request.identifier("organization", of: "Organization")
            try principal.require(role, in: organization)
            request.context.subject.note(organization: organization)
            return try await handler(request, principal, organization)
        }
    }
}
