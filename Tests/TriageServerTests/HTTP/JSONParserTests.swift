import NIOCore
import Testing
import Triage
import TriageServer

@Suite("Strict JSON")
struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    private func detail(_ bytes: [UInt8]) -> String? {
        do {
            _ = try JSONParser.parse(bytes)
            return nil
        } catch {
            return error.detail
        }
    }

    private func detail(_ text: String) -> String? { detail(Array(text.utf8)) }

    @Test func readsEveryKindOfValue() throws {
        let value = try parse(
            #" {"a": [1, -2, 0, 1.5, -1e3, true, false, null], "é": "x\"\\\/\b\f\n\r\té😀", "o": {}, "l": []} "#)
        #expect(
            value == [
                "a": [1, -2, 0, 1.5, -1000.0, true, false, nil],
                "é": "x\"\\/\u{08}\u{0C}\n\r\té😀", "o": [:], "l": [],
            ])
    }

    @Test func keepsWholeNumbersOfSixtyFourBitsExactly() throws {
        #expect(try parse("9223372036854775807") == .int(.max))
        #expect(try parse("-9223372036854775808") == .int(.min))
        #expect(try parse("9223372036854775807.0") == .double(0x1p63))
    }

    @Test(arguments: [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
        ("{\"a\": 1 \"b\"", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
        ("[1, 2", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
        ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
        ("{\"a\":1,}", "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"),
        ("{\"a\":1,\n \"b\": nul}", "Expecting value: line 2 column 7 (char 14)"),
        ("1 2", "Extra data: line 1 column 3 (char 2)"),
        ("01", "Extra data: line 1 column 2 (char 1)"),
        ("\"é", "Unterminated string starting at: line 1 column 1 (char 0)"),
        ("[\"é\n\"]", "Invalid control character at: line 1 column 4 (char 3)"),
        ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
        ("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 2 (char 1)"),
        ("\"\\ud800\"", "Lone surrogate: line 1 column 2 (char 1)"),
        ("\"\\udc00\"", "Lone surrogate: line 1 column 2 (char 1)"),
        ("\"\\ud800\\u0041\"", "Lone surrogate: line 1 column 2 (char 1)"),
        ("9223372036854775808", "Integer out of range: line 1 column 1 (char 0)"),
        ("-1e19", "Number out of range: line 1 column 1 (char 0)"),
        ("1e999", "Number out of range: line 1 column 1 (char 0)"),
        ("1.", "Expecting value: line 1 column 3 (char 2)"),
        ("-", "Expecting value: line 1 column 2 (char 1)"),
        ("NaN", "Expecting value: line 1 column 1 (char 0)"),
        ("Infinity", "Expecting value: line 1 column 1 (char 0)"),
        ("{\"a\": 1, \"a\": 2}", "Duplicate key: line 1 column 10 (char 9)"),
        ("{\"a\": 1, \"\\u0061\": 2}", "Duplicate key: line 1 column 10 (char 9)"),
        (
            "{\"\\u00e9\": 1, \"e\\u0301\": 2}",
            "Key differs from an earlier one only in its Unicode normalization: line 1 column 15 (char 14)"
        ),
        ("{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("// x\n1", "Expecting value: line 1 column 1 (char 0)"),
    ])
    func refuses(_ text: String, _ reason: String) {
        #expect(detail(text) == "JSON parse error - " + reason)
    }

    @Test func refusesWhatIsNoUTF8AndSaysWhere() {
        #expect(detail(Array("\"aé".utf8) + [0xFF, 0x22])?.contains("Invalid UTF-8: line 1 column 4 (char 3)") == true)
        // An overlong slash, a surrogate, a character cut short.
        for bytes: [UInt8] in [[0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            #expect(detail([0x22] + bytes + [0x22])?.contains("Invalid UTF-8") == true)
        }
        #expect(detail([0xEF, 0xBB, 0xBF] + Array("{}".utf8))?.contains("BOM") == true)
    }

    @Test func bounds_depth() throws {
        let fits = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try parse(fits).arrayValue != nil)
        #expect(detail("[" + fits + "]")?.contains("Nested deeper than 64") == true)
        #expect(detail(String(repeating: "[", count: 1_000_000)) != nil)
        #expect(detail(String(repeating: "{\"a\":", count: 100_000)) != nil)
        // Depth is of nesting, not of how many there are.
        #expect(
            try parse("[" + Array(repeating: "[[]]", count: 500).joined(separator: ",") + "]").arrayValue?.count == 500)
    }

    @Test func writtenAndReadAgainIsTheSame() throws {
        let value: JSONValue = [
            "quote\"": "back\\slash \u{00}\u{1F}\u{7F} é 😀 \u{2028}", "numbers": [0, -1, 1.5, 1e-7, .int(.max)],
            "nested": ["a": [["b": nil]], "t": true],
        ]
        var writer = JSONWriter()
        writer.value(value)
        #expect(try JSONParser.parse(Array(writer.buffer.readableBytesView)) == value)
    }
}
