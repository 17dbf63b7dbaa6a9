import Hummingbird
import Triage

/// Who belongs to the organisation; for its admins.
struct MemberRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        let members = "/api/organizations/{organization}/members"
        let member = members + "/{user}"
        let name = JSONSchema.text(max: Member.Limits.nameCharactersMax)
        let lastAdmin = Operation.Answer.error(.conflict, "The organization would have no admin left")
        return [
            .member(
                .admin, .get, members, services,
                Operation(
                    "listMembers", .administration, "Members by username", parameters: .paging,
                    answers: [.page(of: .ref("Member"))]),
                handler: list),
            .member(
                .admin, .post, members, services,
                Operation(
                    "addMember", .administration, "Add a member",
                    details: """
                        With `username` and `password` a new user is made. With `user_id` a former member comes back. \
                        Usernames are unique across organizations: one that is taken is refused in the same words \
                        whoever has it, and no user of another organization can be named.
                        """,
                    body: .init(
                        .object([
                            .required("role", .choice(Role.self)), .optional("user_id", .identifier),
                            .optional("username", .text(AuthRoutes.username)),
                            .optional(
                                "password",
                                .text(
                                    min: AccountRules.Limits.passwordCharactersMin,
                                    max: AccountRules.Limits.passwordCharactersMax)),
                            .optional("email", .email), .optional("first_name", name), .optional("last_name", name),
                        ])),
                    answers: [.created(.ref("Member"))]),
                handler: add),
            .member(
                .admin, .get, member, services,
                Operation("readMember", .administration, "One member", answers: [.ok(.ref("Member"))]),
                handler: read),
            .member(
                .admin, .patch, member, services,
                Operation(
                    "changeMember", .administration, "Give a member another role",
                    body: .init(.object([.required("role", .choice(Role.self))])),
                    answers: [.ok(.ref("Member")), lastAdmin]),
                handler: change),
            .member(
                .admin, .delete, member, services,
                Operation(
                    "removeMember", .administration, "Remove a member",
                    details: "At once, whatever tokens they hold. The user and what they did stay.",
                    answers: [.noContent, lastAdmin]),
                handler: remove),
        ]
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        return try request.answer(
            try await services.administration.members.members(of: organization, page: page.window), for: page)
    }

    @Sendable private func add(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        let role = fields.requiredChoice("role", or: Role.viewer)
        if fields.has("user_id") {
            let user: UserID = fields.requiredIdentifier("user_id")
            if fields.has("username") || fields.has("password") {
                fields.reject(APIError.nonField, "Either user_id or username and password.")
            }
            try fields.check()
            return .json(
                .created,
                of: try await services.administration.members.restore(
                    user, as: role, to: organization, by: principal.user))
        }
        let username = AccountRules.normalized(username: fields.requiredText("username", AuthRoutes.username))
        if !username.isEmpty, let fault = AccountRules.fault(inUsername: username) { fields.reject("username", fault) }
        let password = fields.requiredText("password", AuthRoutes.password)
        if !password.isEmpty {
            for fault in AccountRules.faults(inPassword: password, of: username) { fields.reject("password", fault) }
        }
        let email = fields.has("email") ? fields.requiredEmail("email") : ""
        let nameRule = BodyFields.TextRule(charactersMax: Member.Limits.nameCharactersMax, allowsBlank: true)
        let firstName = fields.optionalText("first_name", nameRule) ?? ""
        let lastName = fields.optionalText("last_name", nameRule) ?? ""
        try fields.check()
        let new = MemberStore.NewUser(
            username: username, passwordHash: try await services.passwords.hash(password), email: email,
            firstName: firstName, lastName: lastName)
        let member = try await services.administration.members.add(
            new, as: role, to: organization, by: principal.user)
        return .json(.created, of: member)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: UserID = try request.identifier("user", of: "Member")
        guard let member = try await services.administration.members.member(id, of: organization) else {
            throw APIError.notFound("Member")
        }
        return .json(of: member)
    }

    @Sendable private func change(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: UserID = try request.identifier("user", of: "Member")
        var fields = try await request.fields()
        let role = fields.requiredChoice("role", or: Role.viewer)
        try fields.check()
        return .json(
            of: try await ErrorTranslation.naming("Member") {
                try await services.administration.members.setRole(
                    role, of: id, in: organization, by: principal.user)
            })
    }

    @Sendable private func remove(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: UserID = try request.identifier("user", of: "Member")
        try await ErrorTranslation.naming("Member") {
            try await services.administration.members.remove(id, from: organization, by: principal.user)
        }
        return .noContent
    }
}
