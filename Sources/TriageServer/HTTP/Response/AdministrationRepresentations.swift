import Triage

// What the administration's routes answer with.

extension PositionedRule: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("position", position)
            json.key("keywords")
            json.array { json in for keyword in rule.keywords { json.value(keyword) } }
            json.field("team", rule.team)
            json.field("priority", rule.priority?.rawValue)
        }
    }
}

extension Member: JSONRepresentable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("user_id", user)
            json.field("username", username)
            json.field("email", email)
            json.field("first_name", firstName)
            json.field("last_name", lastName)
            json.field("role", role.rawValue)
            json.field("created_at", createdAt)
        }
    }
}

extension APIKey: JSONRepresentable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    /// With the key itself, for the one answer that has it.
    package func write(to json: inout JSONWriter, secret: String) {
        json.object { json in
            writeMembers(to: &json)
            json.field("key", secret)
        }
    }

    private func writeMembers(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("name", name)
        json.field("prefix", prefix)
        json.field("scope", scope)
        json.field("created_at", createdAt)
        json.field("last_used_at", lastUsedAt)
        json.field("revoked_at", revokedAt)
    }
}

extension AutoApplyPolicy {
    /// - Parameter measures: one an entry, in order.
    package func write(to json: inout JSONWriter, measures: [Measure]) {
        json.object { json in
            json.field("auto_apply_enabled", isEnabled)
            json.key("auto_apply")
            json.array { json in
                for (entry, measure) in zip(entries, measures) {
                    json.object { json in
                        json.field("team", entry.team)
                        json.field("confidence_min", entry.confidenceMin)
                        json.key("measured")
                        json.object { json in
                            json.field("decided", measure.decided)
                            json.field("accepted_unchanged", measure.acceptedUnchanged)
                            json.field("precision", measure.precision)
                        }
                    }
                }
            }
            json.field("updated_at", updatedAt)
        }
    }
}
