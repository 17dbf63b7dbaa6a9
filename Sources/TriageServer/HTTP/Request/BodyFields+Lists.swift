import FoundationEssentials
import Triage

/// Readers of lists, of objects within objects, and of what may be null.
extension BodyFields {
    /// Texts without repeats, in the order they came. Nil when absent or wrong.
    package mutating func optionalTexts(_ name: String, _ rule: TextRule, count: ClosedRange<Int>) -> [String]? {
        guard let elements = list(name, count: count) else { return nil }
        var texts: [String] = []
        for element in elements {
            guard let text = text(name, element, rule) else { return nil }
            if !texts.contains(where: { $0.hasSameBytes(as: text) }) { texts.append(text) }
        }
        return texts
    }

    /// Ids in the order they came. Nil when absent or wrong.
    package mutating func optionalIdentifiers<Entity>(
        _ name: String, count: ClosedRange<Int>
    ) -> [Identifier<Entity>]? {
        guard let elements = list(name, count: count) else { return nil }
        var identifiers: [Identifier<Entity>] = []
        for element in elements {
            guard let number = integer(name, element) else { return nil }
            identifiers.append(Identifier(number))
        }
        return identifiers
    }

    /// Each element read by `read`, whose messages say which element they are about. Nil when absent or wrong.
    package mutating func optionalObjects<Value>(
        _ name: String, count: ClosedRange<Int>, _ read: (inout BodyFields) -> Value
    ) -> [Value]? {
        guard let elements = list(name, count: count) else { return nil }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            guard let value = object(name, element, label: "Entry \(index + 1): ", read) else { return nil }
            values.append(value)
        }
        return values
    }

    /// An object with members of its own. Nil when absent or wrong.
    package mutating func optionalFields<Value>(_ name: String, _ read: (inout BodyFields) -> Value) -> Value? {
        guard let value = members[name] else { return nil }
        return object(name, value, label: "", read)
    }

    /// Outer nil when absent or wrong, inner nil when null.
    package mutating func nullableChoice<Choice: RawRepresentable<String>>(
        _ name: String, _: Choice.Type = Choice.self
    ) -> Choice?? {
        if members[name] == .null { return .some(nil) }
        return optionalChoice(name, Choice.self).map(Optional.some)
    }

    /// Present and one of the choices; `placeholder` when not, which `check()` then tells.
    package mutating func requiredChoice<Choice: RawRepresentable<String>>(
        _ name: String, or placeholder: Choice
    ) -> Choice {
        guard required(name) != nil else { return placeholder }
        return optionalChoice(name, Choice.self) ?? placeholder
    }

    /// Nil when absent or wrong; null is wrong.
    package mutating func optionalNumber(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = members[name] else { return nil }
        guard let number = value.doubleValue else {
            reject(name, value == .null ? Message.null : Message.number)
            return nil
        }
        if number < range.lowerBound {
            reject(name, "Ensure this value is greater than or equal to \(range.lowerBound).")
        } else if number > range.upperBound {
            reject(name, "Ensure this value is less than or equal to \(range.upperBound).")
        } else {
            return number
        }
        return nil
    }

    /// Nil when absent or wrong; null is wrong.
    package mutating func optionalDate(_ name: String) -> Date? {
        guard let value = members[name] else { return nil }
        if let date = value.stringValue.flatMap(ISO8601.date) { return date }
        reject(name, value == .null ? Message.null : "Enter a valid date/time.")
        return nil
    }

    /// Requires the field, whose reader takes it for optional.
    package mutating func require(_ name: String) {
        if !has(name) { reject(name, Message.required) }
    }

    /// Refuses members that nobody reads, for objects where a misspelt one would do harm.
    package mutating func rejectMembers(except known: [String]) {
        for name in members.keys.sorted() where !known.contains(name) { reject(name, "Unknown field.") }
    }

    private mutating func list(_ name: String, count: ClosedRange<Int>) -> [JSONValue]? {
        guard let value = members[name] else { return nil }
        guard case .array(let elements) = value else {
            reject(name, value == .null ? Message.null : Message.notAList(value))
            return nil
        }
        if elements.count < count.lowerBound {
            reject(name, elements.isEmpty ? "This list may not be empty." : "Too few elements.")
        } else if elements.count > count.upperBound {
            reject(name, "Ensure this field has no more than \(count.upperBound) elements.")
        } else {
            return elements
        }
        return nil
    }

    private mutating func object<Value>(
        _ name: String, _ value: JSONValue, label: String, _ read: (inout BodyFields) -> Value
    ) -> Value? {
        guard case .object = value, var fields = try? BodyFields(value) else {
            reject(
                name,
                value == .null
                    ? Message.null
                    : "\(label)Expected a dictionary of items but got type \"\(Self.typeName(value))\".")
            return nil
        }
        let result = read(&fields)
        for error in fields.errors {
            for message in error.messages { reject(name, "\(label)\(error.field): \(message)") }
        }
        return fields.errors.isEmpty ? result : nil
    }
}
