import Hummingbird

/// Composes the whole HTTP side: middleware, the API's routes, health and metrics, the console's files.
func makeRouter(_ services: HTTPServices) -> MethodNormalizer<RouterResponder<APIContext>> {
    let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
    router.add(middleware: RequestMiddleware(metrics: HTTPMetrics(), transport: services.transport))
    router.add(middleware: ErrorMiddleware())
    router.add(endpoints(of: services), publicURL: services.publicURL, times: services.transport.times)
    return MethodNormalizer(next: router.buildResponder())
}

/// Every route there is, in the order of the contract.
func endpoints(of services: HTTPServices) -> [Endpoint] {
    AuthRoutes(services: services).endpoints
        + AccountRoutes(services: services).endpoints
        + TicketRoutes(services: services).endpoints
        + TicketEventRoutes(services: services).endpoints
        + TriageRoutes(services: services).endpoints
        + SuggestionRoutes(services: services).endpoints
        + TeamRoutes(services: services).endpoints
        + DocumentRoutes(services: services).endpoints
        + KnowledgeRoutes(services: services).endpoints
        + OperationRoutes(services: services).endpoints
        + ConsoleRoutes(files: services.console).endpoints
}
