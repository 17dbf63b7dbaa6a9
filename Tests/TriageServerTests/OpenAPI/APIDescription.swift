import Foundation
import HTTPTypes
import Triage
import TriageServer

/// The OpenAPI document of a running server, and whether an answer is one that it promises.
struct APIDescription: Sendable {
    let json: JSONValue
    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    struct Route: Sendable, CustomStringConvertible {
        /// In capitals.
        var method: String
        /// With `{name}` for what varies.
        var path: String
        var operation: JSONValue

        var description: String { "\(method) \(path)" }
        /// `anybody`, `signed-in`, or the lowest role that may.
        var access: String { operation["x-access"]?.stringValue ?? "" }
        /// Whether it answers for as long as the client listens.
        var isStream: Bool { operation["responses"]?["200"]?["content"]?["text/event-stream"] != nil }
    }

    /// Sorted by path and method.
    var routes: [Route] {
        (json["paths"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.flatMap { path, item in
            (item.objectValue ?? [:]).sorted { $0.key < $1.key }.map {
                Route(method: $0.key.uppercased(), path: path, operation: $0.value)
            }
        }
    }

    /// What is wrong with an answer, a line each; empty for what is no part of the API.
    ///
    /// - Parameter path: with its query, as it was sent.
    func violations(of answer: InstalledSystem.Answer, to method: String, _ path: String) -> [String] {
        let path = String(path.split(separator: "?", omittingEmptySubsequences: false)[0])
        guard let item = item(for: path) else {
            guard path.hasPrefix("/api/") else { return [] }
            return answer.status == 404
                ? self.error(answer, method) : ["no such path, but it answers \(answer.status)"]
        }
        guard let operation = item[method.lowercased()] ?? (method == "HEAD" ? item["get"] : nil) else {
            // What is no word of HTTP's does not get as far as the routes.
            if answer.status == 400, HTTPRequest.Method(method).map({ !Self.methods.contains($0) }) ?? true {
                return []
            }
            if answer.status != 405 { return ["no such method, but it answers \(answer.status)"] }
            return error(answer, method) + (answer.headers["allow"] == nil ? ["Allow is missing"] : [])
        }
        guard let response = operation["responses"]?["\(answer.status)"] else {
            return ["the status \(answer.status) is not documented"]
        }
        return violations(of: answer, against: resolved(response), isHead: method == "HEAD")
    }

    /// The path item whose pattern fits; of several the one with the most fixed parts.
    private func item(for path: String) -> JSONValue? {
        let parts = path.split(separator: "/")
        let fitting = (json["paths"]?.objectValue ?? [:]).filter { pattern, _ in
            let pattern = pattern.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        return fitting.min { $0.key.count(where: { $0 == "{" }) < $1.key.count(where: { $0 == "{" }) }?.value
    }

    private var checker: SchemaChecker { SchemaChecker(document: json) }

    private func resolved(_ value: JSONValue) -> JSONValue {
        value["$ref"]?.stringValue.flatMap(checker.resolve) ?? value
    }

    /// Of answers that belong to no operation.
    private func error(_ answer: InstalledSystem.Answer, _ method: String) -> [String] {
        violations(
            of: answer,
            against: [
                "content": [
                    "application/json": ["schema": ["$ref": "#/components/schemas/Error"]],
                    "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]],
                ],
                "headers": ["X-Request-ID": ["$ref": "#/components/headers/X-Request-ID"]],
            ], isHead: method == "HEAD")
    }

    private func violations(
        of answer: InstalledSystem.Answer, against response: JSONValue, isHead: Bool
    ) -> [String] {
        var found: [String] = []
        for (name, header) in response["headers"]?.objectValue ?? [:] {
            let header = resolved(header)
            if let text = answer.headers[name.lowercased()] {
                let isWhole = header["schema"]?["type"] == "integer"
                let value: JSONValue = isWhole ? Int64(text).map(JSONValue.int) ?? .string(text) : .string(text)
                found += checker.violations(of: value, against: header["schema"] ?? true, at: name)
            } else if header["required"] == true {
                found.append("the header \(name) is missing")
            }
        }
        guard let content = response["content"]?.objectValue else {
            return found + (answer.text.isEmpty ? [] : ["a body where the document has none"])
        }
        let type = String((answer.headers["content-type"] ?? "").split(separator: ";").first ?? "")
        guard let media = content[type] else { return found + ["the content type “\(type)” is not documented"] }
        if isHead || !type.hasSuffix("json") { return found }
        do {
            let body = try JSONParser.parse(Array(answer.text.utf8))
            return found + checker.violations(of: body, against: media["schema"] ?? true)
        } catch {
            return found + ["the body is no JSON: \(error)"]
        }
    }
}
