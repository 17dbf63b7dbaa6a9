import Triage

/// The document's named schemas: what goes out, as `Response/` writes it. All objects are closed, so that a test fails when
/// a body gains or loses a member.
enum Components {
    static let schemas: [String: JSONSchema] = [
        tickets, knowledge, people, values, errors, JSONSchema.administration,
    ].reduce(into: [:]) {
        $0.merge($1) { _, _ in preconditionFailure("two schemas have one name") }
    }

    private static let tickets: [String: JSONSchema] = [
        "Ticket": .answer([
            ("id", .identifier.with(example: 4711)), ("organization", .identifier),
            ("requester_email", .email.with(example: "ada@example.com")),
            (
                "subject",
                .text(min: 1, max: Ticket.Limits.subjectCharactersMax).with(example: "The invoice has the wrong amount")
            ),
            ("body", .text(min: 1, max: Ticket.Limits.bodyCharactersMax)),
            ("status", .choice(Ticket.Status.self)), ("priority", .choice(Ticket.Priority.self)),
            ("assigned_team", .text().nullable.described("A team's name; null while nobody has it")),
            ("created_at", .dateTime), ("updated_at", .dateTime),
        ]),
        "TicketEvent": .answer([
            ("id", .identifier), ("ticket", .identifier), ("event_type", .choice(TicketEvent.Kind.self)),
            ("actor_type", .choice(TicketEvent.Actor.types)),
            ("actor_user", JSONSchema.identifier.nullable.described("Only users have an id")),
            ("payload", .freeObject.described("What changed; its members depend on `event_type`")),
            ("created_at", .dateTime),
        ]),
        "SimilarTicket": .answer([
            ("ticket", .identifier), ("subject", .text()), ("team", .text().with(example: "Billing")),
            ("priority", .choice(Ticket.Priority.self)), ("score", .number().described("Cosine to the ticket")),
        ]),
        "Suggestion": .answer([
            ("id", .identifier), ("organization", .identifier), ("ticket", .identifier), ("job_run", .identifier),
            ("status", .choice(Suggestion.Status.self)), ("suggested_priority", .choice(Ticket.Priority.self)),
            ("suggested_team", .text().nullable), ("draft_reply", .text()),
            ("classification", .freeObject.described("Scores by team and by priority, and the rules that applied")),
            ("citations", .array(of: .ref("Citation"))),
            (
                "confidence",
                .number(0...1).nullable.described("Calibrated; null while there is nothing to calibrate it on")
            ),
            (
                "metadata",
                .freeObject.described(
                    "The evidence: `engine`, `reasons`, `retrieval`, `similar_tickets`, `model`, `prompt_version`, "
                        + "`timings_ms`, and `llm_error` when a language model's answer was not used")
            ),
            ("created_at", .dateTime), ("updated_at", .dateTime),
        ]),
        "Citation": .answer([
            ("document_id", .identifier), ("document_title", .text()), ("chunk_id", .identifier),
            ("chunk_index", .count), ("char_start", .count), ("char_end", .count), ("score", .number()),
        ]),
        "JobRun": .answer([
            ("job_run_id", .identifier), ("status", .choice(JobRun.Status.self)),
            ("created", .boolean.described("Whether this request made it")), ("attempt_count", .count),
            ("started_at", .dateTime.nullable), ("finished_at", .dateTime.nullable), ("error", .text().nullable),
            ("suggestion", JSONSchema.ref("Suggestion").nullable.described("Null until it exists")),
        ]),
    ]

    private static let knowledge: [String: JSONSchema] = [
        "Document": .answer([
            ("id", .identifier), ("organization", .identifier),
            ("title", .text(min: 1, max: Document.Limits.titleCharactersMax).with(example: "Refunds")),
            ("text", .text(min: 1, max: Document.Limits.textCharactersMax)), ("metadata", .freeObject),
            ("index_status", .choice(Document.IndexStatus.self).described("Whether search finds it yet")),
            ("created_at", .dateTime), ("updated_at", .dateTime),
        ]),
        "Chunk": .answer([
            ("id", .identifier), ("document", .identifier), ("chunk_index", .count.described("From 0")),
            ("text", .text()),
            ("char_start", .count.described("Unicode scalars into the document's text")), ("char_end", .count),
            ("created_at", .dateTime),
        ]),
        "Passage": .answer([
            ("document_id", .identifier), ("document_title", .text()), ("chunk_id", .identifier),
            ("chunk_index", .count), ("text", .text()), ("char_start", .count), ("char_end", .count),
            ("score", .number().described("Higher is better")),
        ]),
        "Retrieval": .object(
            [
                .required("results", .array(of: .ref("Passage"))),
                .required("backend", .choice(RetrievalReport.Backend.self)), .required("took_ms", .number()),
                .optional("explanation", .ref("Explanation")),
            ], isClosed: true),
        "Explanation": .answer([
            ("mode", .choice(KnowledgeQuery.Mode.self)), ("index_generation", .text().nullable),
            ("index_version", .count.nullable), ("fallback_reason", .text().nullable), ("embedding_model", .text()),
            (
                "agreement",
                .number(0...1).nullable.described("Recall of the index against pgvector's exact answer")
            ),
            (
                "passages",
                .array(
                    of: .answer([
                        ("chunk_id", .identifier), ("vector_rank", .rank.nullable), ("text_rank", .rank.nullable),
                        ("cosine", .number().nullable), ("score", .number()),
                    ]))
            ),
        ]),
    ]

    private static let people: [String: JSONSchema] = [
        "User": .answer([
            ("id", .identifier), ("username", .text().with(example: "ada")), ("email", .text()),
            ("first_name", .text()), ("last_name", .text()), ("organizations", .array(of: .ref("Membership"))),
        ]),
        "Membership": .answer([
            ("id", .identifier.described("The organisation's")), ("name", .text()), ("role", .choice(Role.self)),
        ]),
        "Team": .answer([
            ("id", .identifier), ("name", .text().with(example: "Billing")), ("description", .text()),
        ]),
        "TokenPair": .answer([
            ("refresh", .text().described("Good for one `POST /api/auth/token/refresh/`")),
            ("access", .text().described("Sent as `Authorization: Bearer …`")),
        ]),
        "Readiness": .answer([
            ("status", .readinessState),
            (
                "checks",
                JSONSchema([
                    "type": "object",
                    "additionalProperties": JSONSchema.object(
                        [.required("status", .readinessState), .optional("detail", .text())], isClosed: true
                    ).json,
                ])
            ),
        ]),
    ]

    /// JSON that nobody looks into.
    private static let values: [String: JSONSchema] = [
        "AnyValue": value(of: "AnyValue", pattern: nil),
        "StoredValue": value(of: "StoredValue", pattern: JSONSchema.noNull),
    ]

    private static func value(of name: String, pattern: String?) -> JSONSchema {
        var text: [String: JSONValue] = ["type": "string"]
        var object: [String: JSONValue] = [
            "type": "object", "additionalProperties": JSONSchema.ref(name).json,
        ]
        if let pattern {
            text["pattern"] = .string(pattern)
            object["propertyNames"] = ["pattern": .string(pattern)]
        }
        return .anyOf([
            JSONSchema(["type": ["null", "boolean"]]),
            JSONSchema(["type": "number", "minimum": .int(.min), "maximum": .int(.max)]), JSONSchema(.object(text)),
            .array(of: .ref(name)), JSONSchema(.object(object)),
        ]).described("Any JSON of at most \(JSONParser.Limits.depthMax) levels; numbers fit 64 bits")
    }
}

extension JSONSchema {
    /// How many, or the place in something, from 0.
    package static let count = integer(0...Int64.max)
    /// From 1.
    package static let rank = integer(1...Int64.max)
    fileprivate static let readinessState = choice(Readiness.State.self)
}
