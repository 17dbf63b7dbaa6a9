import Hummingbird

/// Composes the whole HTTP side: middleware, the API's routes, health and metrics, the console's files.
func makeRouter(_ services: HTTPServices) -> MethodNormalizer<RouterResponder<APIContext>> {
    let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
    router.add(middleware: RequestMiddleware(metrics: HTTPMetrics(), transport: services.transport))
    router.add(middleware: ErrorMiddleware())
    router.add(
        endpoints(of: services), publicURL: services.publicURL,
        times: services.transport.times, deadlines: services.deadlines)
    return MethodNormalizer(next: router.buildResponder())
}

/// Every route there is, in the order of the contract, and the document that is made from them.
func endpoints(of services: HTTPServices) -> [Endpoint] {
    let routes = apiEndpoints(of: services)
    return SchemaRoutes(others: routes, files: services.console, publicURL: services.publicURL).endpoints + routes
        + ConsoleRoutes(files: services.console).endpoints
}

private func apiEndpoints(of services: HTTPServices) -> [Endpoint] {
    AuthRoutes(services: services).endpoints
        + AccountRoutes(services: services).endpoints
        + TicketRoutes(services: services).endpoints
        + TicketEventRoutes(services: services).endpoints
        + TriageRoutes(services: services).endpoints
        + BulkTriageRoutes(services: services).endpoints
        + SuggestionRoutes(services: services).endpoints
        + StreamRoutes(services: services).endpoints
        + DashboardRoutes(services: services).endpoints
        + TeamRoutes(services: services).endpoints
        + TeamAdministrationRoutes(services: services).endpoints
        + RuleRoutes(services: services).endpoints
        + MemberRoutes(services: services).endpoints
        + APIKeyRoutes(services: services).endpoints
        + PolicyRoutes(services: services).endpoints
        + DocumentRoutes(services: services).endpoints
        + KnowledgeRoutes(services: services).endpoints
        + OperationRoutes(services: services).endpoints
}
