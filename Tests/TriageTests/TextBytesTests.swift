import Testing
import Triage

@Suite("Texts by their bytes")
struct TextBytesTests {
    private let composed = "caf\u{e9}"
    private let decomposed = "cafe\u{301}"

    @Test func texts() {
        // What this is for.
        #expect(composed == decomposed)
        #expect(!composed.hasSameBytes(as: decomposed))
        #expect(composed.hasSameBytes(as: "caf\u{e9}"))
        #expect(!"a".hasSameBytes(as: "b"))
        let none: String? = nil
        let some: String? = composed
        #expect(none.hasSameBytes(as: nil))
        #expect(!none.hasSameBytes(as: ""))
        #expect(!some.hasSameBytes(as: nil))
        #expect(!some.hasSameBytes(as: decomposed))
        #expect(some.hasSameBytes(as: composed))
    }

    @Test func json() {
        let pairs: [(JSONValue, JSONValue)] = [
            (.string(composed), .string(decomposed)), (.array([.string(composed)]), .array([.string(decomposed)])),
            (.object([composed: 1]), .object([decomposed: 1])),
            (.object(["a": .string(composed)]), .object(["a": .string(decomposed)])),
            (.object(["a": 1]), .object(["a": 1, "b": 1])), (.object(["a": 1]), .object(["b": 1])),
            (.int(1), .double(1)), (.null, .bool(false)), (.array([]), .object([:])),
        ]
        for (left, right) in pairs {
            for value in [left, right] {
                let same = value
                #expect(same == value)
            }
            #expect(left != right)
            #expect(right != left)
        }
        let value: JSONValue = ["a": [1, "b", nil], "c": 1.5]
        #expect(value == ["c": 1.5, "a": [1, "b", nil]])
    }

    @Test func whatAdminsWrite() {
        func team(_ text: String) -> Team { Team(id: TeamID(1), name: "A", description: text) }
        func rule(_ text: String) -> RoutingRule { RoutingRule(keywords: [text], team: nil, priority: .low) }
        func entry(_ text: String) -> AutoApplyPolicy.Entry { AutoApplyPolicy.Entry(team: text, confidenceMin: 1) }
        #expect(team(composed) == team(composed))
        #expect(team(composed) != team(decomposed))
        #expect(rule(composed) == rule(composed))
        #expect(rule(composed) != rule(decomposed))
        #expect(entry(composed) == entry(composed))
        #expect(entry(composed) != entry(decomposed))
    }
}
