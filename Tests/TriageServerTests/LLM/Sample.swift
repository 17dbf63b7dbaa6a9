import AsyncHTTPClient
import FoundationEssentials
import Triage
import TriageServer

/// A ticket, its organisation and its evidence, as the demo's are.
enum Sample {
    static let policy = RoutingPolicy(
        teams: [
            Team(id: TeamID(1), name: "Billing", description: "invoices, payments, refunds"),
            Team(id: TeamID(2), name: "Access", description: "sign-in, passwords, single sign-on"),
            Team(id: TeamID(3), name: "Integrations", description: "API, webhooks, exports"),
        ], rules: [])

    static let evidence = evidence([
        passage(
            1, "Resetting a password",
            "Open the sign-in page and choose “Forgot password”. The link that we send works for one hour."),
        passage(2, "Invoices", "Invoices are sent on the first day of the month to the billing contact."),
    ])

    static func ticket(_ body: String, subject: String = "Cannot sign in") -> Ticket {
        Ticket(
            id: TicketID(1), organization: OrganizationID(1), requesterEmail: "a@b.example", subject: subject,
            body: body,
            status: .open, priority: .medium, assignedTeam: nil, createdAt: Date(timeIntervalSince1970: 0),
            updatedAt: Date(timeIntervalSince1970: 0), version: 1)
    }

    static func passage(_ id: Int64, _ title: String, _ text: String) -> Passage {
        Passage(
            chunkID: ChunkID(id), chunkIndex: 0, documentID: DocumentID(id), documentTitle: title, text: text,
            characters: 0..<text.unicodeScalars.count, score: 1, vectorRank: 1, textRank: nil, cosine: 0.5)
    }

    static func evidence(_ passages: [Passage]) -> Evidence {
        Evidence(
            queryVector: [1], passages: passages,
            decidedTickets: [
                DecidedTicket(
                    ticket: TicketID(9), subject: "Password link expired", team: "Access", priority: .medium, score: 0.8
                )
            ],
            report: RetrievalReport(
                backend: .index, indexGeneration: "g", fallbackReason: nil, embeddingModel: "m", agreement: nil))
    }

    static func prompt(
        _ body: String = "Since this morning the sign-in page says that my password is wrong.",
        evidence: Evidence = evidence
    ) -> Prompt {
        TriagePrompt().prompt(for: ticket(body), policy: policy, evidence: evidence, boundary: boundary)
    }

    static let boundary = "ticket-5C1F1F5E-7F3B-4B43-9D59-0E4C8D0E4A11"
}

/// Runs `body` with an HTTP client configured as the server's, which is shut down afterwards.
func withModelClient<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .modelServers)
    do {
        let result = try await body(client)
        try await client.shutdown()
        return result
    } catch {
        try await client.shutdown()
        throw error
    }
}

/// The error of a completion, or nil when it succeeded.
func fault(of model: ChatModel, _ prompt: Prompt = Sample.prompt()) async -> (any Error)? {
    do {
        _ = try await model.complete(prompt)
        return nil
    } catch {
        return error
    }
}
