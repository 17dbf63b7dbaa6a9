import Triage

/// Reads the members of a JSON object that a client sent, and collects what is wrong with them, one list of messages a
/// field, worded as Django REST Framework words them.
///
/// A reader of a required field returns a placeholder (empty text, 0) when the field is missing or wrong: read all the
/// fields, call `check()`, and only then use what was read.
package struct BodyFields {
    let members: [String: JSONValue]
    package private(set) var errors: [APIError.FieldError] = []

    /// - Throws: 400 when the body is no object.
    package init(_ body: JSONValue) throws {
        switch body {
        case .object(let members): self.members = members
        case .null: throw APIError.invalid(APIError.nonField, "No data provided")
        default:
            throw APIError.invalid(
                APIError.nonField, "Invalid data. Expected a dictionary, but got \(Self.typeName(body)).")
        }
    }

    /// - Throws: 400 with every message collected so far, if any.
    package func check() throws {
        if !errors.isEmpty { throw APIError.invalid(errors) }
    }

    package func has(_ name: String) -> Bool { members[name] != nil }

    /// Adds a message of the caller's own checks.
    package mutating func reject(_ name: String, _ message: String) {
        if let index = errors.firstIndex(where: { $0.field == name }) {
            errors[index].messages.append(message)
        } else {
            errors.append(.init(field: name, messages: [message]))
        }
    }

    /// Python's name of a JSON value's type, as clients of Django REST Framework know it.
    package static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }
}

extension BodyFields {
    package enum Message {
        package static let required = "This field is required."
        package static let null = "This field may not be null."
        package static let blank = "This field may not be blank."
        package static let notText = "Not a valid string."
        package static let nullCharacters = "Null characters are not allowed."
        package static let email = "Enter a valid email address."
        package static let integer = "A valid integer is required."
        package static let number = "A valid number is required."
        package static let boolean = "Must be a valid boolean."

        package static func tooLong(_ charactersMax: Int) -> String {
            "Ensure this field has no more than \(charactersMax) characters."
        }

        package static func choice(_ value: String) -> String { "\"\(value)\" is not a valid choice." }

        package static func notAList(_ value: JSONValue) -> String {
            "Expected a list of items but got type \"\(BodyFields.typeName(value))\"."
        }
    }

    /// How a text field is read. Lengths count Unicode scalars, as Postgres and Python do.
    package struct TextRule: Sendable {
        package var charactersMax: Int
        /// Whether white space around the text is dropped before anything else is checked.
        package var trims = true
        package var allowsBlank = false
        /// Whether others refer to something by this text. Such a one has one spelling, or two who type the same name would
        /// mean different things.
        package var isName = false

        package init(charactersMax: Int, trims: Bool = true, allowsBlank: Bool = false, isName: Bool = false) {
            self.charactersMax = charactersMax
            self.trims = trims
            self.allowsBlank = allowsBlank
            self.isName = isName
        }

        /// The name of a team, wherever a request has one.
        package static let teamName = TextRule(charactersMax: Team.Limits.nameCharactersMax, isName: true)
    }

    /// Present, not null, and a text that follows the rule; "" when not.
    package mutating func requiredText(_ name: String, _ rule: TextRule) -> String {
        guard let value = required(name) else { return "" }
        return text(name, value, rule) ?? ""
    }

    /// Nil when absent or wrong; null is wrong.
    package mutating func optionalText(_ name: String, _ rule: TextRule) -> String? {
        switch members[name] {
        case nil: return nil
        case .null:
            reject(name, Message.null)
            return nil
        case .some(let value): return text(name, value, rule)
        }
    }

    /// Outer nil when absent or wrong, inner nil when null.
    package mutating func nullableText(_ name: String, _ rule: TextRule) -> String?? {
        switch members[name] {
        case nil: return nil
        case .null: return .some(nil)
        case .some(let value): return text(name, value, rule).map(Optional.some)
        }
    }

    package mutating func requiredEmail(_ name: String) -> String {
        let email = requiredText(name, TextRule(charactersMax: Ticket.Limits.emailCharactersMax))
        if !errors.contains(where: { $0.field == name }) && !EmailAddress.isValid(email) {
            reject(name, Message.email)
        }
        return email
    }

    /// Nil when absent or wrong; null is wrong.
    package mutating func optionalChoice<Choice: RawRepresentable<String>>(
        _ name: String, _: Choice.Type = Choice.self
    ) -> Choice? {
        guard let value = members[name] else { return nil }
        if value == .null {
            reject(name, Message.null)
            return nil
        }
        if case .string(let text) = value, let choice = Choice(rawValue: text) { return choice }
        reject(name, Message.choice(Self.shown(value)))
        return nil
    }

    package mutating func requiredIdentifier<Entity>(_ name: String) -> Identifier<Entity> {
        guard let value = required(name) else { return Identifier(0) }
        return Identifier(integer(name, value) ?? 0)
    }

    /// Nil when absent, null or wrong.
    package mutating func optionalIdentifier<Entity>(_ name: String) -> Identifier<Entity>? {
        guard let value = members[name], value != .null else { return nil }
        return integer(name, value).map { Identifier($0) }
    }

    /// Nil when absent or wrong.
    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = members[name], let number = integer(name, value) else { return nil }
        if number < range.lowerBound {
            reject(name, "Ensure this value is greater than or equal to \(range.lowerBound).")
            return nil
        }
        if number > range.upperBound {
            reject(name, "Ensure this value is less than or equal to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// Nil when absent or wrong.
    package mutating func optionalBoolean(_ name: String) -> Bool? {
        guard let value = members[name] else { return nil }
        if value == .null {
            reject(name, Message.null)
        } else if value.boolValue == nil {
            reject(name, Message.boolean)
        }
        return value.boolValue
    }

    /// Nil when absent or wrong.
    package mutating func optionalChoices<Choice: RawRepresentable<String>>(
        _ name: String, _: Choice.Type = Choice.self
    ) -> [Choice]? {
        guard let value = members[name] else { return nil }
        guard case .array(let elements) = value else {
            reject(name, value == .null ? Message.null : Message.notAList(value))
            return nil
        }
        var choices: [Choice] = []
        for element in elements {
            if case .string(let text) = element, let choice = Choice(rawValue: text) {
                choices.append(choice)
            } else {
                reject(name, Message.choice(Self.shown(element)))
                return nil
            }
        }
        return choices
    }

    /// A JSON object of any shape, free of what Postgres cannot keep. Nil when absent or wrong.
    package mutating func optionalObject(_ name: String) -> JSONValue? {
        guard let value = members[name] else { return nil }
        switch value {
        case .object where value.hasNullCharacter:
            reject(name, Message.nullCharacters)
            return nil
        case .object: return value
        case .null:
            reject(name, Message.null)
            return nil
        default:
            reject(name, "Expected a dictionary of items but got type \"\(Self.typeName(value))\".")
            return nil
        }
    }
}

extension BodyFields {
    mutating func required(_ name: String) -> JSONValue? {
        switch members[name] {
        case nil: reject(name, Message.required)
        case .null: reject(name, Message.null)
        case .some(let value): return value
        }
        return nil
    }

    mutating func text(_ name: String, _ value: JSONValue, _ rule: TextRule) -> String? {
        guard case .string(var text) = value else {
            reject(name, Message.notText)
            return nil
        }
        if rule.trims { text = text.trimmingWhitespace() }
        if text.isEmpty && !rule.allowsBlank || !rule.trims && !rule.allowsBlank && text.isBlank {
            reject(name, Message.blank)
            return nil
        }
        if text.utf8.contains(0) {
            reject(name, Message.nullCharacters)
            return nil
        }
        if rule.isName { text = text.inOneSpelling }
        if text.utf8.count > rule.charactersMax && text.unicodeScalars.count > rule.charactersMax {
            reject(name, Message.tooLong(rule.charactersMax))
            return nil
        }
        return text
    }

    /// A whole number, also as `3.0` and as "3", which Django REST Framework takes too.
    mutating func integer(_ name: String, _ value: JSONValue) -> Int64? {
        let number: Int64? =
            switch value {
            case .int(let number): number
            case .double(let number): Int64(exactly: number)
            case .string(let text) where text.utf8.count <= 20: Int64(text)
            default: nil
            }
        if number == nil { reject(name, value == .null ? Message.null : Message.integer) }
        return number
    }

    /// A wrong choice, as its message shows it.
    static func shown(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): String(text.prefix(100))
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "True" : "False"
        case .null: "None"
        case .array, .object: typeName(value)
        }
    }
}

extension JSONValue {
    /// Whether any text within, keys included, has U+0000, which Postgres cannot store.
    package var hasNullCharacter: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: \.hasNullCharacter)
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.hasNullCharacter }
        case .null, .bool, .int, .double: false
        }
    }
}

extension String {
    package var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    package func trimmingWhitespace() -> String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        if first == scalars.startIndex && scalars.index(after: last) == scalars.endIndex { return self }
        return String(scalars[first...last])
    }
}
