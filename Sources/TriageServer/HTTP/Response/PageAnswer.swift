import Hummingbird

extension APIRequest {
    /// The answer of a list: `{count, next, previous, results}`.
    ///
    /// - Throws: 404 when the page lies past the end.
    func answer(_ page: Page<some JSONRepresentable>, for request: PageRequest) throws -> Response {
        let links = try links(request, count: page.count)
        return .json(capacity: 256 + 512 * page.items.count) { json in
            json.object { json in
                json.field("count", page.count)
                json.field("next", links.next)
                json.field("previous", links.previous)
                json.field("results", page.items)
            }
        }
    }
}

extension PageRequest {
    var window: PageWindow { PageWindow(offset: offset, limit: size) }
}
