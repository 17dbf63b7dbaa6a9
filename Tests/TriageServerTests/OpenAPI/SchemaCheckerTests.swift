import Testing
import Triage

@Suite("The checker of JSON Schemas")
struct SchemaCheckerTests {
    private let checker = SchemaChecker(
        document: [
            "components": [
                "schemas": [
                    "Pair": [
                        "type": "object", "properties": ["a": ["type": "integer"], "b": ["type": "string"]],
                        "required": ["a"], "additionalProperties": false,
                    ]
                ]
            ]
        ])

    @Test(
        arguments: [
            (["type": "integer"], 1), (["type": "integer"], 2.0), (["type": "number"], 1),
            (["type": ["string", "null"]], nil),
            (["$ref": "#/components/schemas/Pair"], ["a": 1]),
            (["$ref": "#/components/schemas/Pair"], ["a": 1, "b": "x"]),
            (["type": "object", "additionalProperties": ["type": "boolean"]], ["x": true]),
            (["minProperties": 1], ["x": 1]),
            (["propertyNames": ["maxLength": 1]], ["x": 1]), (["items": ["type": "integer"], "minItems": 1], [1, 2]),
            (["maxItems": 1], [1]), (["enum": ["a", "b"]], "b"), (["const": "a"], "a"),
            (["minimum": 1, "maximum": 9_223_372_036_854_775_807], 9_223_372_036_854_775_807), (["minimum": 0.0], 0),
            (["minLength": 1, "maxLength": 2], "äö"), (["pattern": "^a"], "ab"), (["pattern": "^a"], 3),
            (["format": "date-time"], "2026-11-26T08:00:00.000000Z"), (["format": "email"], "a@b.example"),
            (["oneOf": [["type": "string"], ["type": "null"]]], nil),
            (["anyOf": [["type": "integer"], ["type": "number"]]], 1),
            ([:], ["anything"]), (true, 1), (["description": "d", "examples": [1], "default": 1], "x"),
        ] as [(JSONValue, JSONValue)])
    func fits(_ schema: JSONValue, _ value: JSONValue) {
        #expect(checker.violations(of: value, against: schema).isEmpty)
    }

    @Test(
        arguments: [
            (["type": "integer"], 1.5), (["type": "integer"], "1"), (["type": "integer"], true),
            (["type": "number"], "1"),
            (["type": ["string", "null"]], 1), (["type": "object"], []), (["$ref": "#/components/schemas/Pair"], [:]),
            (["$ref": "#/components/schemas/Pair"], ["a": 1, "c": 1]),
            (["$ref": "#/components/schemas/Pair"], ["a": "1"]),
            (["$ref": "#/components/schemas/Nothing"], 1), (["$ref": "elsewhere"], 1),
            (["type": "object", "additionalProperties": ["type": "boolean"]], ["x": 1]), (["minProperties": 1], [:]),
            (["propertyNames": ["maxLength": 1]], ["xy": 1]), (["items": ["type": "integer"]], [1, "2"]),
            (["minItems": 1], []), (["maxItems": 1], [1, 2]), (["enum": ["a", "b"]], "c"), (["const": "a"], "b"),
            (["minimum": 1], 0), (["maximum": 9_223_372_036_854_775_806], 9_223_372_036_854_775_807),
            (["minimum": 0.5], 0.25), (["minLength": 1], ""), (["maxLength": 1], "ab"), (["pattern": "^a"], "b"),
            (["format": "date-time"], "2026-11-26"), (["format": "email"], "nobody"), (["format": "color"], "red"),
            (["oneOf": [["type": "integer"], ["type": "number"]]], 1), (["anyOf": [["type": "string"]]], 1),
            (false, 1), (["not": ["type": "string"]], 1), (["uniqueItems": true], [1, 2]), ("no schema", 1),
        ] as [(JSONValue, JSONValue)])
    func doesNotFit(_ schema: JSONValue, _ value: JSONValue) {
        #expect(!checker.violations(of: value, against: schema).isEmpty)
    }

    @Test func tellsWhere() {
        let schema: JSONValue = ["items": ["$ref": "#/components/schemas/Pair"]]
        #expect(checker.violations(of: [["a": 1], ["b": "x"]], against: schema) == ["$[1].a is missing"])
    }
}
