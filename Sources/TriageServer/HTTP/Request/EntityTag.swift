import HTTPTypes

/// A version of a resource, as `ETag`, `If-Match` and `If-None-Match` carry it (RFC 9110, 8.8.3 and 13.1).
package enum EntityTag {
    package static func of(version: Int64) -> String { "\"\(version)\"" }

    /// What a client's `If-Match` allows.
    package enum Condition: Sendable, Equatable {
        case none
        /// `*`: whatever version exists.
        case any
        /// One of these; none of them is well formed when it is empty.
        case versions([Int64])

        package func allows(_ version: Int64) -> Bool {
            switch self {
            case .none, .any: true
            case .versions(let versions): versions.contains(version)
            }
        }

        /// The version that the change must find, given the one that was just read.
        ///
        /// - Throws: 412 when the condition does not hold already.
        package func version(toExpect current: Int64) throws -> Int64? {
            guard allows(current) else { throw APIError.preconditionFailed }
            if case .versions = self { return current }
            return nil
        }
    }

    /// Weak tags never match: the comparison of `If-Match` is the strong one.
    package static func ifMatch(_ headers: HTTPFields) -> Condition {
        let values = headers[values: .ifMatch]
        if values.isEmpty { return .none }
        let tags = tags(values)
        if tags == ["*"] { return .any }
        return .versions(tags.compactMap(version))
    }

    /// Whether the client already has this version. The comparison of `If-None-Match` is the weak one.
    package static func ifNoneMatch(_ headers: HTTPFields, has version: Int64) -> Bool {
        let tags = tags(headers[values: .ifNoneMatch])
        return tags.contains { $0 == "*" || self.version($0.hasPrefix("W/") ? $0.dropFirst(2) : $0) == version }
    }

    private static func tags(_ values: [String]) -> [Substring] {
        values.flatMap { $0.split(separator: ",") }.map { Substring(String($0).trimmingWhitespace()) }
    }

    private static func version(_ tag: Substring) -> Int64? {
        guard tag.count > 2, tag.first == "\"", tag.last == "\"" else { return nil }
        return Int64(tag.dropFirst().dropLast())
    }
}
