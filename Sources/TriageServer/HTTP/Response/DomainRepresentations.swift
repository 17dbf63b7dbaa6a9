import Triage

extension Ticket: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("organization", organization)
            json.field("requester_email", requesterEmail)
            json.field("subject", subject)
            json.field("body", body)
            json.field("status", status.rawValue)
            json.field("priority", priority.rawValue)
            json.field("assigned_team", assignedTeam)
            json.field("created_at", createdAt)
            json.field("updated_at", updatedAt)
        }
    }
}

extension TicketEvent: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("ticket", ticket)
            json.field("event_type", kind.rawValue)
            json.field("actor_type", actor.type)
            json.field("actor_user", actor.user)
            json.field("payload", payload)
            json.field("created_at", createdAt)
        }
    }
}

extension JobRun {
    /// - Parameter suggestion: the run's own, once it exists.
    package func write(to json: inout JSONWriter, created: Bool, suggestion: Suggestion?) {
        json.object { json in
            json.field("job_run_id", id)
            json.field("status", status.rawValue)
            json.field("created", created)
            json.field("attempt_count", attemptCount)
            json.field("started_at", startedAt)
            json.field("finished_at", finishedAt)
            json.field("error", error)
            json.key("suggestion")
            if let suggestion { suggestion.write(to: &json) } else { json.null() }
        }
    }
}

extension Suggestion: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("organization", organization)
            json.field("ticket", ticket)
            json.field("job_run", jobRun)
            json.field("status", status.rawValue)
            json.field("suggested_priority", proposal.priority.rawValue)
            json.field("suggested_team", proposal.team)
            json.field("draft_reply", proposal.draftReply)
            json.field("classification", proposal.classification)
            json.field("citations", proposal.citations)
            json.field("confidence", proposal.confidence)
            json.field("metadata", proposal.metadata)
            json.field("created_at", createdAt)
            json.field("updated_at", updatedAt)
        }
    }
}

extension Citation: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("document_id", documentID)
            json.field("document_title", documentTitle)
            json.field("chunk_id", chunkID)
            json.field("chunk_index", chunkIndex)
            json.field("char_start", charStart)
            json.field("char_end", charEnd)
            json.field("score", score)
        }
    }
}

extension Document: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("organization", organization)
            json.field("title", title)
            json.field("text", text)
            json.field("metadata", metadata)
            json.field("index_status", indexStatus.rawValue)
            json.field("created_at", createdAt)
            json.field("updated_at", updatedAt)
        }
    }
}

extension Chunk: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("document", document)
            json.field("chunk_index", index)
            json.field("text", text)
            json.field("char_start", characters.lowerBound)
            json.field("char_end", characters.upperBound)
            json.field("created_at", createdAt)
        }
    }
}

extension Passage: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("document_id", documentID)
            json.field("document_title", documentTitle)
            json.field("chunk_id", chunkID)
            json.field("chunk_index", chunkIndex)
            json.field("text", text)
            json.field("char_start", characters.lowerBound)
            json.field("char_end", characters.upperBound)
            json.field("score", score)
        }
    }
}

extension DecidedTicket: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("ticket", ticket)
            json.field("subject", subject)
            json.field("team", team)
            json.field("priority", priority.rawValue)
            json.field("score", score)
        }
    }
}

extension Team: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("name", name)
            json.field("description", description)
        }
    }
}

extension User: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("username", username)
            json.field("email", email)
            json.field("first_name", firstName)
            json.field("last_name", lastName)
            json.field("organizations", memberships)
        }
    }
}

extension User.Membership: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", organization.id)
            json.field("name", organization.name)
            json.field("role", role.rawValue)
        }
    }
}
