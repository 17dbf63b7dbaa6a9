import Foundation
import Triage

/// Holds a value against a JSON Schema of the OpenAPI document, for the part of JSON Schema 2020-12 that our schemas use.
/// A keyword that it does not know is a violation: nothing is passed over.
struct SchemaChecker {
    /// `$ref`s point into it.
    let document: JSONValue

    /// What does not fit, a line each; empty when all does.
    func violations(of value: JSONValue, against schema: JSONValue, at place: String = "$") -> [String] {
        if case .bool(let allows) = schema { return allows ? [] : ["\(place) may not be there"] }
        guard let keywords = schema.objectValue else { return ["\(place): \(schema) is no schema"] }
        return keywords.sorted { $0.key < $1.key }.flatMap { keyword, rule in
            check(value, keyword, rule, of: keywords, place)
        }
    }

    /// The value at a `$ref`, e.g. `#/components/schemas/Ticket`.
    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0?[String($1)] }
    }

    private func check(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, of schema: [String: JSONValue], _ place: String
    ) -> [String] {
        switch keyword {
        case "description", "examples", "default": return []
        case "$ref":
            guard let target = rule.stringValue.flatMap(resolve) else { return ["\(place): nothing is at \(rule)"] }
            return violations(of: value, against: target, at: place)
        case "type":
            let types = rule.arrayValue?.compactMap(\.stringValue) ?? [rule.stringValue ?? ""]
            return types.contains { isType($0, value) } ? [] : ["\(place) is \(value), not \(types)"]
        case "enum":
            return rule.arrayValue?.contains(value) == true ? [] : ["\(place) is \(value), not one of \(rule)"]
        case "const": return value == rule ? [] : ["\(place) is \(value), not \(rule)"]
        case "oneOf", "anyOf": return alternatives(value, keyword, rule, place)
        case "minimum", "maximum": return bounds(value, keyword, rule, place)
        case "minLength", "maxLength", "pattern", "format": return text(value, keyword, rule, place)
        case "items", "minItems", "maxItems": return array(value, keyword, rule, place)
        case "properties", "required", "additionalProperties", "propertyNames", "minProperties":
            return object(value, keyword, rule, of: schema, place)
        default: return ["\(place): this checker does not know the keyword “\(keyword)”"]
        }
    }

    private func isType(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
            ("integer", .int), ("number", .int), ("number", .double):
            true
        case ("integer", .double(let number)): number == number.rounded()
        default: false
        }
    }

    private func alternatives(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ place: String) -> [String] {
        let found = (rule.arrayValue ?? []).map { violations(of: value, against: $0, at: place) }
        let fits = found.filter(\.isEmpty).count
        if fits == 1 || fits > 1 && keyword == "anyOf" { return [] }
        return ["\(place) fits \(fits) of \(keyword): \(found.joined())"]
    }

    private func bounds(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ place: String) -> [String] {
        // As whole numbers where both are: 64 bits do not fit a Double.
        let isBelow: Bool
        if case .int(let number) = value, case .int(let bound) = rule {
            isBelow = keyword == "minimum" ? number < bound : number > bound
        } else {
            guard let number = value.doubleValue, let bound = rule.doubleValue else { return [] }
            isBelow = keyword == "minimum" ? number < bound : number > bound
        }
        return isBelow ? ["\(place) is \(value), past the \(keyword) \(rule)"] : []
    }

    private func text(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ place: String) -> [String] {
        guard case .string(let text) = value else { return [] }
        let length = Int64(text.unicodeScalars.count)
        let fits: Bool
        switch keyword {
        case "minLength": fits = length >= rule.intValue ?? .max
        case "maxLength": fits = length <= rule.intValue ?? -1
        case "pattern": fits = rule.stringValue.map { text.range(of: $0, options: .regularExpression) != nil } ?? false
        default:
            switch rule.stringValue {
            case "date-time":
                fits = text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/) != nil
            case "email": fits = text.wholeMatch(of: /[^@\s]+@[^@\s]+/) != nil
            case "int64": fits = true
            default: return ["\(place): this checker does not know the format \(rule)"]
            }
        }
        return fits ? [] : ["\(place) is “\(text.prefix(100))”, against \(keyword) \(rule)"]
    }

    private func array(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ place: String) -> [String] {
        guard let elements = value.arrayValue else { return [] }
        switch keyword {
        case "items":
            return elements.enumerated().flatMap { violations(of: $1, against: rule, at: "\(place)[\($0)]") }
        case "minItems" where Int64(elements.count) < rule.intValue ?? .max,
            "maxItems" where Int64(elements.count) > rule.intValue ?? -1:
            return ["\(place) has \(elements.count) elements, against \(keyword) \(rule)"]
        default: return []
        }
    }

    private func object(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, of schema: [String: JSONValue], _ place: String
    ) -> [String] {
        guard let members = value.objectValue?.sorted(by: { $0.key < $1.key }) else { return [] }
        let named = schema["properties"]?.objectValue ?? [:]
        switch keyword {
        case "properties":
            return members.flatMap { name, member in
                named[name].map { violations(of: member, against: $0, at: "\(place).\(name)") } ?? []
            }
        case "additionalProperties":
            return members.filter { named[$0.key] == nil }.flatMap {
                violations(of: $0.value, against: rule, at: "\(place).\($0.key)")
            }
        case "propertyNames":
            return members.flatMap { violations(of: .string($0.key), against: rule, at: "\(place), a key,") }
        case "required":
            return (rule.arrayValue ?? []).compactMap(\.stringValue).filter { value[$0] == nil }.map {
                "\(place).\($0) is missing"
            }
        default:
            return Int64(members.count) < rule.intValue ?? .max ? ["\(place) has too few members"] : []
        }
    }
}
