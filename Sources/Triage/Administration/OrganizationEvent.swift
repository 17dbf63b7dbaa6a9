/// One line of an organisation's own audit trail: who changed what about teams, rules, members, keys and policy.
public enum OrganizationEvent {
    public enum Kind: String, Sendable, CaseIterable {
        case teamCreated = "TEAM_CREATED"
        case teamChanged = "TEAM_CHANGED"
        case teamDeleted = "TEAM_DELETED"
        case ruleCreated = "RULE_CREATED"
        case ruleChanged = "RULE_CHANGED"
        case ruleDeleted = "RULE_DELETED"
        case memberAdded = "MEMBER_ADDED"
        case memberRoleChanged = "MEMBER_ROLE_CHANGED"
        case memberRemoved = "MEMBER_REMOVED"
        case apiKeyCreated = "API_KEY_CREATED"
        case apiKeyRevoked = "API_KEY_REVOKED"
        case policyChanged = "POLICY_CHANGED"
    }
}
