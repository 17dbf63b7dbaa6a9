import Triage

/// A JSON Schema (2020-12, as OpenAPI 3.1 uses it) of a value that comes in or goes out.
package struct JSONSchema: Sendable, Equatable {
    package var json: JSONValue

    package init(_ json: JSONValue) { self.json = json }

    /// The named schema of the document's components.
    package static func ref(_ name: String) -> JSONSchema {
        JSONSchema(["$ref": .string("#/components/schemas/\(name)")])
    }

    package static let any = JSONSchema([:])
    package static let boolean = JSONSchema(["type": "boolean"])
    /// Ids are positive and fit 64 bits.
    package static let identifier = JSONSchema([
        "type": "integer", "format": "int64", "minimum": 1, "maximum": .int(.max),
    ])
    package static let dateTime = JSONSchema(["type": "string", "format": "date-time"])
    package static let email = JSONSchema([
        "type": "string", "format": "email", "maxLength": .int(Int64(Ticket.Limits.emailCharactersMax)),
    ])
    /// An object of any members, as it goes out.
    package static let freeObject = JSONSchema(["type": "object", "additionalProperties": true])
    /// An object of any members that is to be kept; Postgres cannot keep U+0000.
    package static let storedObject = JSONSchema([
        "type": "object", "propertyNames": ["pattern": .string(noNull)],
        "additionalProperties": JSONSchema.ref("StoredValue").json,
    ])

    /// Lengths count Unicode scalars, as JSON Schema does.
    package static func text(min: Int = 0, max: Int? = nil) -> JSONSchema {
        var members: [String: JSONValue] = ["type": "string"]
        if min > 0 { members["minLength"] = .int(Int64(min)) }
        if let max { members["maxLength"] = .int(Int64(max)) }
        return JSONSchema(.object(members))
    }

    /// A text that `BodyFields` reads by that rule: never with U+0000, and of more than white space unless that is allowed.
    package static func text(_ rule: BodyFields.TextRule) -> JSONSchema {
        JSONSchema([
            "type": "string", "minLength": rule.allowsBlank ? 0 : 1, "maxLength": .int(Int64(rule.charactersMax)),
            "pattern": .string(rule.allowsBlank ? noNull : notBlank),
        ])
    }

    /// Spelt out, because what `\s` means differs between regular expressions' dialects.
    package static let noNull = #"^[^\u0000]*$"#
    package static let notBlank =
        #"^[^\u0000]*[^\u0000\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000][^\u0000]*$"#

    package static func integer(_ range: ClosedRange<Int64>) -> JSONSchema {
        JSONSchema(["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)])
    }

    package static func number(_ range: ClosedRange<Double>? = nil) -> JSONSchema {
        guard let range else { return JSONSchema(["type": "number"]) }
        return JSONSchema([
            "type": "number", "minimum": .double(range.lowerBound), "maximum": .double(range.upperBound),
        ])
    }

    package static func choice<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> JSONSchema {
        choice(Choice.allCases.map(\.rawValue))
    }

    package static func choice(_ values: [String]) -> JSONSchema {
        JSONSchema(["type": "string", "enum": .array(values.map(JSONValue.string))])
    }

    package static func array(of element: JSONSchema, count: ClosedRange<Int>? = nil) -> JSONSchema {
        var members: [String: JSONValue] = ["type": "array", "items": element.json]
        if let count {
            members["minItems"] = .int(Int64(count.lowerBound))
            members["maxItems"] = .int(Int64(count.upperBound))
        }
        return JSONSchema(.object(members))
    }

    /// A member of an object; required unless said otherwise.
    package struct Member: Sendable {
        package var name: String
        package var schema: JSONSchema
        package var isRequired: Bool

        package static func required(_ name: String, _ schema: JSONSchema) -> Member {
            Member(name: name, schema: schema, isRequired: true)
        }

        package static func optional(_ name: String, _ schema: JSONSchema) -> Member {
            Member(name: name, schema: schema, isRequired: false)
        }
    }

    /// - Parameter isClosed: whether there are never other members: so for what goes out. What comes in may have members
    ///   that nobody reads, as Django REST Framework allows.
    package static func object(_ members: [Member], isClosed: Bool = false) -> JSONSchema {
        var json: [String: JSONValue] = [
            "type": "object",
            "properties": .object(Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.schema.json) })),
        ]
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { json["required"] = .array(required) }
        json["additionalProperties"] = isClosed ? false : JSONSchema.ref("AnyValue").json
        return JSONSchema(.object(json))
    }

    /// An object that goes out: every member is always there, and no other.
    package static func answer(_ members: [(String, JSONSchema)]) -> JSONSchema {
        object(members.map { .required($0.0, $0.1) }, isClosed: true)
    }

    /// The same, or null.
    package var nullable: JSONSchema {
        if case .object(var members) = json, case .string(let type)? = members["type"], members["enum"] == nil {
            members["type"] = [.string(type), "null"]
            return JSONSchema(.object(members))
        }
        return JSONSchema(["oneOf": [json, ["type": "null"]]])
    }

    /// One of several, and only one.
    package static func oneOf(_ schemas: [JSONSchema]) -> JSONSchema {
        JSONSchema(["oneOf": .array(schemas.map(\.json))])
    }

    package static func anyOf(_ schemas: [JSONSchema]) -> JSONSchema {
        JSONSchema(["anyOf": .array(schemas.map(\.json))])
    }

    package func described(_ text: String) -> JSONSchema {
        guard case .object(var members) = json else { return self }
        members["description"] = .string(text)
        return JSONSchema(.object(members))
    }

    package func with(example: JSONValue) -> JSONSchema {
        guard case .object(var members) = json else { return self }
        members["examples"] = [example]
        return JSONSchema(.object(members))
    }
}
