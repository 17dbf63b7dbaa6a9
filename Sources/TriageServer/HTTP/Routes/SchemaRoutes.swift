import Hummingbird

/// The OpenAPI document of all routes, these included, and the page that shows it.
struct SchemaRoutes: Sendable {
    let endpoints: [Endpoint]

    /// - Parameter others: every route but these.
    init(others: [Endpoint], files: ConsoleFiles, publicURL: String?) {
        var schema = Endpoint(.get, "/api/schema", .readSchema) { _ in throw APIError.noRoute }.fromMemory()
        let docs = Endpoint(.get, "/api/docs", .readDocs) { request in files.apiPage.answer(to: request) }.fromMemory()
        let document = OpenAPIDocument(endpoints: [schema, docs] + others, publicURL: publicURL)
        var json = JSONWriter(capacity: 1 << 17)
        json.value(document.json)
        let file = StaticFile(path: schema.path, contentType: "application/json", content: json.buffer)
        schema.handler = { request in file.answer(to: request) }
        endpoints = [schema, docs]
    }
}
