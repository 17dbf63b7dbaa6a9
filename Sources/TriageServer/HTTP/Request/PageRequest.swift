import HTTPTypes
import Triage

/// Which page of a list is asked for.
package struct PageRequest: Sendable, Equatable {
    package enum Limits {
        package static let sizeDefault = 20
        package static let sizeMax = 100
    }

    /// From 1.
    package var number: Int
    package var size: Int

    package var offset: Int { (number - 1) * size }

    /// `page`, and `page_size` or its other name `limit`. A size that is no positive number is the default one, one that
    /// is too large the largest.
    ///
    /// - Throws: 404 when `page` is no number from 1.
    package init(_ query: QueryParameters) throws {
        size = Limits.sizeDefault
        for name in ["page_size", "limit"] {
            if let text = query[name], let size = Int(text), size > 0 {
                self.size = min(size, Limits.sizeMax)
                break
            }
        }
        guard let text = query["page"] else {
            number = 1
            return
        }
        guard let number = Int(text), number >= 1, number <= Int(Int32.max) else { throw Self.invalid }
        self.number = number
    }

    package static let invalid = APIError(.notFound, "Invalid page.")

    /// - Throws: 404 when the page lies past the end. An empty list has one, empty, page.
    package func check(count: Int) throws {
        if number > 1 && offset >= count { throw Self.invalid }
    }
}

/// The addresses of a page's neighbours: absolute, with the request's own parameters sorted by name, and without `page`
/// where that is 1.
package struct PageLinks: Sendable {
    package var next: String?
    package var previous: String?

    /// - Parameter base: scheme, host and path of the list.
    package init(_ page: PageRequest, count: Int, base: String, query: QueryParameters) {
        if page.offset + page.size < count { next = Self.link(to: page.number + 1, base, query) }
        if page.number > 1 { previous = Self.link(to: page.number - 1, base, query) }
    }

    private static func link(to number: Int, _ base: String, _ query: QueryParameters) -> String {
        var pairs = query.pairs.filter { $0.name != "page" }
        if number > 1 { pairs.append(("page", String(number))) }
        pairs.sort { ($0.name, $0.value) < ($1.name, $1.value) }
        return pairs.isEmpty ? base : base + "?" + QueryParameters.encoded(pairs)
    }
}

/// The fields and directions that a list is asked to be sorted by.
package enum Ordering {
    /// - Returns: the known fields of `ordering=a,-b`, unknown ones ignored; empty when none is left.
    package static func parse<Field: RawRepresentable<String>>(
        _ text: String?, _: Field.Type = Field.self
    ) -> [(field: Field, descending: Bool)] {
        (text ?? "").split(separator: ",").compactMap { part in
            let name = String(part).trimmingWhitespace()
            let descending = name.hasPrefix("-")
            return Field(rawValue: descending ? String(name.dropFirst()) : name).map { ($0, descending) }
        }
    }
}
