import Triage

extension JSONSchema {
    /// The named schemas of an organisation's administration, of documents' replacement and of bulk triage.
    package static let administration: [String: JSONSchema] = [
        "Rule": rule, "Member": member, "APIKey": apiKey, "NewAPIKey": newAPIKey, "Policy": policy,
        "BulkTriage": bulkTriage,
    ]

    private static let rowCount = integer(0...Int64(Int32.max))

    static let teamName = text(min: 1, max: Team.Limits.nameCharactersMax)

    static let keywords = array(
        of: text(min: 1, max: RoutingRule.Limits.keywordCharactersMax), count: RoutingRule.Limits.keywords
    ).described("Words or phrases, matched whole and regardless of case")

    static let rulePosition = integer(0...Int64(Int32.max)).described(
        "The rule's place, from 0 without gaps; rules are tried in this order. Beyond the end is the end")

    private static let rule = answer([
        ("id", identifier), ("position", rulePosition), ("keywords", keywords), ("team", teamName.nullable),
        ("priority", choice(Ticket.Priority.self).nullable),
    ])

    private static let member = answer([
        ("user_id", identifier), ("username", text()), ("email", text()), ("first_name", text()),
        ("last_name", text()), ("role", choice(Role.self)), ("created_at", dateTime),
    ])

    private static let apiKeyMembers: [(String, JSONSchema)] = [
        ("id", identifier), ("name", text()), ("prefix", text().described("The key's first characters")),
        ("scope", choice(APIKeyStore.Scope.self)),
        ("created_at", dateTime), ("last_used_at", dateTime.nullable), ("revoked_at", dateTime.nullable),
    ]

    private static let apiKey = answer(apiKeyMembers)
    private static let newAPIKey = answer(
        apiKeyMembers + [("key", text().described("The key itself; it cannot be had a second time"))])

    static let confidence = number(AutoApplyPolicy.Limits.confidence)

    private static let policy = answer([
        ("auto_apply_enabled", boolean),
        (
            "auto_apply",
            array(
                of: answer([
                    ("team", teamName), ("confidence_min", confidence),
                    (
                        "measured",
                        answer([
                            ("decided", rowCount), ("accepted_unchanged", rowCount), ("precision", confidence.nullable),
                        ]).described("What people decided on suggestions that this entry lets through")
                    ),
                ]))
        ),
        ("updated_at", dateTime.nullable),
    ])

    private static let bulkTriage = answer([
        ("enqueued", rowCount.described("Tickets whose triage is queued")),
        (
            "skipped",
            rowCount.described(
                "Tickets that do not exist here, have a pending suggestion, or are being triaged already")
        ),
    ])
}
