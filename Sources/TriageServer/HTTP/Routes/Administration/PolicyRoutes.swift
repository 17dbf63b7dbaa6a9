import Hummingbird
import Triage

/// What the organisation lets through without a person.
struct PolicyRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        let policy = "/api/organizations/{organization}/policy"
        let entry = JSONSchema.object([.required("team", .teamName), .required("confidence_min", .confidence)])
        let entries = JSONSchema.array(of: entry, count: Self.entries)
        return [
            .member(
                .viewer, .get, policy, services,
                Operation(
                    "readPolicy", .administration, "The auto-apply policy, with measured precision",
                    details: """
                        `measured` counts the suggestions for the team, of at least that confidence, which a person \
                        decided, and how many of them were accepted with the priority and team that were proposed.
                        """,
                    answers: [.ok(.ref("Policy"))]),
                handler: read),
            .member(
                .admin, .put, policy, services,
                Operation(
                    "replacePolicy", .administration, "Set the auto-apply policy", details: Self.details,
                    body: .init(
                        .object([.required("auto_apply_enabled", .boolean), .required("auto_apply", entries)])),
                    answers: [.ok(.ref("Policy"))])
            ) { request, principal, organization in
                var fields = try await request.fields()
                fields.require("auto_apply_enabled")
                fields.require("auto_apply")
                return try await change(&fields, principal, organization)
            },
            .member(
                .admin, .patch, policy, services,
                Operation(
                    "changePolicy", .administration, "Change parts of the auto-apply policy", details: Self.details,
                    body: .init(
                        .object([.optional("auto_apply_enabled", .boolean), .optional("auto_apply", entries)])),
                    answers: [.ok(.ref("Policy"))])
            ) { request, principal, organization in
                var fields = try await request.fields()
                return try await change(&fields, principal, organization)
            },
        ]
    }

    private static let details = """
        A suggestion for one of these teams whose calibrated confidence is at least `confidence_min` is applied to its \
        ticket at once, with an `AUTO_APPLIED` event. It does not overrule a person, and routing does not learn from it.
        """

    /// One a team.
    private static let entries = 0...Team.Limits.countMax

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        try await answer(try await services.administration.policies.policy(of: organization), in: organization)
    }

    private func change(
        _ fields: inout BodyFields, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let isEnabled = fields.optionalBoolean("auto_apply_enabled")
        let entries = fields.optionalObjects("auto_apply", count: Self.entries) { fields in
            fields.require("confidence_min")
            return AutoApplyPolicy.Entry(
                team: fields.requiredText("team", .teamName),
                confidenceMin: fields.has("confidence_min")
                    ? fields.optionalNumber("confidence_min", in: AutoApplyPolicy.Limits.confidence) ?? 1 : 1)
        }
        if let entries, Set(entries.map(\.team)).count < entries.count {
            fields.reject("auto_apply", "A team is named twice.")
        }
        try fields.check()
        let changed = try await ErrorTranslation.naming("Policy", teamField: "auto_apply") {
            try await services.administration.policies.change(
                of: organization, to: .init(isEnabled: isEnabled, entries: entries), by: principal.user)
        }
        return try await answer(changed, in: organization)
    }

    private func answer(_ policy: AutoApplyPolicy, in organization: OrganizationID) async throws -> Response {
        let measures = try await services.administration.policies.measures(of: policy.entries, in: organization)
        return .json { policy.write(to: &$0, measures: measures) }
    }
}
