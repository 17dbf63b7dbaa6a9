import Testing
import Triage
import TriageServer

@Suite("Fields of a body")
struct BodyFieldsTests {
    private func messages(
        _ body: JSONValue, _ read: (inout BodyFields) -> Void
    ) throws -> [String: [String]] {
        var fields = try BodyFields(body)
        read(&fields)
        return Dictionary(uniqueKeysWithValues: fields.errors.map { ($0.field, $0.messages) })
    }

    @Test(
        arguments: [
            (["x": nil], "This field may not be null."),
            ([:], "This field is required."),
            (["x": ""], "This field may not be blank."),
            (["x": " \t\u{00A0}\n"], "This field may not be blank."),
            (["x": 5], "Not a valid string."),
            (["x": true], "Not a valid string."),
            (["x": ["a"]], "Not a valid string."),
            (["x": "a\u{0000}b"], "Null characters are not allowed."),
            (["x": "abcdef"], "Ensure this field has no more than 5 characters."),
        ] as [(JSONValue, String)])
    func requiredText(_ body: JSONValue, _ message: String) throws {
        #expect(try messages(body) { _ = $0.requiredText("x", .init(charactersMax: 5)) } == ["x": [message]])
    }

    @Test func lengthsCountUnicodeScalars() throws {
        // One grapheme of two scalars, three times; five of four UTF-8 bytes each.
        var fields = try BodyFields(["a": "e\u{301}e\u{301}e\u{301}", "b": "😀😀😀😀😀"])
        _ = fields.requiredText("a", .init(charactersMax: 5))
        #expect(fields.errors.map(\.field) == ["a"])
        #expect(fields.requiredText("b", .init(charactersMax: 5)) == "😀😀😀😀😀")
        #expect(fields.errors.map(\.field) == ["a"])
    }

    @Test func trimsUnlessToldNotTo() throws {
        var fields = try BodyFields(["x": "  a b \n"])
        #expect(fields.requiredText("x", .init(charactersMax: 3)) == "a b")
        #expect(fields.requiredText("x", .init(charactersMax: 9, trims: false)) == "  a b \n")
        #expect(fields.errors.isEmpty)
    }

    @Test(
        arguments: [
            ([1], "Invalid data. Expected a dictionary, but got list."),
            ("x", "Invalid data. Expected a dictionary, but got str."),
            (1, "Invalid data. Expected a dictionary, but got int."),
            (1.5, "Invalid data. Expected a dictionary, but got float."),
            (true, "Invalid data. Expected a dictionary, but got bool."),
            (.null, "No data provided"),
        ] as [(JSONValue, String)])
    func notAnObject(_ body: JSONValue, _ message: String) throws {
        let error = #expect(throws: APIError.self) { try BodyFields(body) }
        guard case .fields(let errors) = try #require(error).body else { throw CancellationError() }
        #expect(errors == [.init(field: "non_field_errors", messages: [message])])
    }

    @Test func choicesIntegersAndLists() throws {
        let body: JSONValue = [
            "priority": "asap", "number": "x", "flag": "yes", "list": ["low", 3], "notList": "low", "object": [1],
            "low": 0, "high": 51, "deep": ["a": [["b": "\u{0000}"]]], "choice": nil,
        ]
        #expect(
            try messages(body) { fields in
                _ = fields.optionalChoice("priority", Ticket.Priority.self)
                _ = fields.optionalChoice("choice", Ticket.Priority.self)
                _ = fields.optionalInteger("number", in: 1...50)
                _ = fields.optionalInteger("low", in: 1...50)
                _ = fields.optionalInteger("high", in: 1...50)
                _ = fields.optionalBoolean("flag")
                _ = fields.optionalChoices("list", Ticket.Priority.self)
                _ = fields.optionalChoices("notList", Ticket.Priority.self)
                _ = fields.optionalObject("object")
                _ = fields.optionalObject("deep")
            } == [
                "priority": ["\"asap\" is not a valid choice."],
                "choice": ["This field may not be null."],
                "number": ["A valid integer is required."],
                "low": ["Ensure this value is greater than or equal to 1."],
                "high": ["Ensure this value is less than or equal to 50."],
                "flag": ["Must be a valid boolean."],
                "list": ["\"3\" is not a valid choice."],
                "notList": ["Expected a list of items but got type \"str\"."],
                "object": ["Expected a dictionary of items but got type \"list\"."],
                "deep": ["Null characters are not allowed."],
            ])
    }

    @Test func wholeNumbersInTheFormsThatDRFTakes() throws {
        for value: JSONValue in [7, 7.0, "7"] {
            var fields = try BodyFields(["k": value])
            #expect(fields.optionalInteger("k", in: 1...50) == 7)
        }
        for value: JSONValue in [7.5, "7.5", true, [7], "", 1e300, nil] {
            var fields = try BodyFields(["k": value])
            #expect(fields.optionalInteger("k", in: 1...50) == nil)
            #expect(fields.errors.count == 1, "\(value)")
        }
    }

    @Test func absentNullAndPresentAreThreeThings() throws {
        var fields = try BodyFields(["null": nil, "text": "a"])
        let rule = BodyFields.TextRule(charactersMax: 5)
        #expect(fields.nullableText("absent", rule) == .none)
        #expect(fields.nullableText("null", rule) == .some(nil))
        #expect(fields.nullableText("text", rule) == .some("a"))
        #expect(fields.errors.isEmpty)
    }

    @Test(arguments: [
        "a@b.co", "first.last+tag@sub.example.com", "o'neil@example.org", "x@xn--bcher-kva.example", "ü@bücher.example",
    ])
    func addresses(_ text: String) {
        // Local parts are ASCII; host names need not be.
        #expect(EmailAddress.isValid(text) == !text.hasPrefix("ü"))
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b.co", "a@b", "a@b.c", "a b@c.de", "a@b..de", ".a@b.de", "a.@b.de", "a..b@c.de",
        "a@-b.de",
        "a@b-.de", "a@b.de.", "a@b.de ", "a@b@c.de\n", "a@b.123", "a\u{0000}@b.de", "<a@b.de>", "a@[127.0.0.1]",
    ])
    func noAddresses(_ text: String) { #expect(!EmailAddress.isValid(text)) }

    @Test func anAddressesLengthIsBounded() {
        let host = String(repeating: "abcdefghi.", count: 20) + "example.com"
        #expect(EmailAddress.isValid("abc@" + host))
        #expect(!EmailAddress.isValid(String(repeating: "a", count: 64) + "@" + host))
        #expect(!EmailAddress.isValid(String(repeating: "a", count: 65) + "@example.com"))
    }
}
