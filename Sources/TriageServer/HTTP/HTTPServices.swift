import Triage

/// Everything that the routes call, for `App` to fill in.
struct HTTPServices: Sendable {
    var tokens: TokenService
    var passwords: PasswordHasher
    var users: UserStore
    var refreshTokens: RefreshTokenStore
    var access: AccessStore
    var signInFailures: SignInFailureStore
    var apiKeys: APIKeyStore
    var organizations: OrganizationStore
    var tickets: TicketStore
    var jobRuns: JobRunStore
    var bulkTriage: BulkTriage
    var administration: AdministrationStores
    var suggestions: SuggestionStore
    var documents: DocumentStore
    var knowledge: KnowledgeSearch
    var evidence: EvidenceFinder
    var stream: StreamHub
    var streamStore: StreamStore
    var dashboard: DashboardStore
    var console: ConsoleFiles
    var metrics: PrometheusRegistry
    var readiness: @Sendable () async -> Readiness
    /// Scheme and host before the paths of absolute links, e.g. `https://triage.example.com`; nil takes the request's.
    var publicURL: String?
    var deadlines: Deadlines
    var transport = HTTPTransport()

    var authenticator: Authenticator { Authenticator(tokens: tokens, users: users, access: access, apiKeys: apiKeys) }
}

/// What `/readyz` tells: one line per part that requests depend on.
struct Readiness: Sendable {
    enum State: String, Sendable, CaseIterable {
        case ready
        /// It answers, but not in the way that it should: retrieval on pgvector, say.
        case degraded
        case unavailable
    }

    struct Check: Sendable {
        var name: String
        var state: State
        /// For the operator; no secrets, no customer text.
        var detail: String?

        init(_ name: String, _ state: State, detail: String? = nil) {
            self.name = name
            self.state = state
            self.detail = detail
        }
    }

    var checks: [Check]

    /// The worst of the parts.
    var state: State {
        if checks.contains(where: { $0.state == .unavailable }) { return .unavailable }
        return checks.contains { $0.state == .degraded } ? .degraded : .ready
    }
}
