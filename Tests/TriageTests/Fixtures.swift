import FoundationEssentials
import Triage

/// A ticket of no particular content.
func ticket(_ body: String, subject: String = "Subject") -> Ticket {
    Ticket(
        id: TicketID(1), organization: OrganizationID(1), requesterEmail: "a@b.example", subject: subject, body: body,
        status: .open, priority: .medium, assignedTeam: nil, createdAt: Date(timeIntervalSince1970: 0),
        updatedAt: Date(timeIntervalSince1970: 0), version: 1)
}

func passage(_ id: Int64, _ title: String, _ text: String) -> Passage {
    Passage(
        chunkID: ChunkID(id), chunkIndex: 0, documentID: DocumentID(id), documentTitle: title, text: text,
        characters: 0..<text.unicodeScalars.count, score: 1, vectorRank: 1, textRank: nil, cosine: 0.5)
}

func evidence(_ passages: [Passage], decided: [DecidedTicket] = []) -> Evidence {
    Evidence(
        queryVector: [1], passages: passages, decidedTickets: decided,
        report: RetrievalReport(
            backend: .index, indexGeneration: "g", fallbackReason: nil, embeddingModel: "m", agreement: nil))
}

let twoTeams = RoutingPolicy(
    teams: [
        Team(id: TeamID(1), name: "Billing", description: "money"),
        Team(id: TeamID(2), name: "Access", description: "sign-in"),
    ], rules: [])
