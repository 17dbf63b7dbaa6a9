import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: auto-apply policy")
struct PolicyContractTests {
    @Test func theDefaultIsOff() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing", "Support"])
        let path = "/policy/"
        let off = try await own.call("GET", path)
        #expect(off.json == ["auto_apply_enabled": false, "auto_apply": [], "updated_at": nil])
        let set = try await own.call(
            "PUT", path,
            [
                "auto_apply_enabled": true,
                "auto_apply": [
                    ["team": "Support", "confidence_min": 0.9], ["team": "Billing", "confidence_min": 1],
                ],
            ])
        #expect(set.status == 200)
        #expect(set["auto_apply"]?.arrayValue?.map { $0["team"] } == ["Billing", "Support"])
        #expect(set["auto_apply"]?.arrayValue?.last?["confidence_min"]?.doubleValue == 0.9)
        #expect(
            set["auto_apply"]?.arrayValue?.last?["measured"] == [
                "decided": 0, "accepted_unchanged": 0, "precision": nil,
            ])
        #expect(set["updated_at"]?.stringValue != nil)
        let patched = try await own.call("PATCH", path, ["auto_apply_enabled": false])
        #expect(patched["auto_apply_enabled"] == false)
        #expect(patched["auto_apply"]?.arrayValue?.count == 2)
        #expect(try await own.call("PATCH", path, ["auto_apply": []])["auto_apply"] == [])
        #expect(try await own.audit() == ["POLICY_CHANGED", "POLICY_CHANGED", "POLICY_CHANGED"])
    }

    @Test(
        arguments: [
            (
                [:],
                ["auto_apply_enabled": ["This field is required."], "auto_apply": ["This field is required."]]
            ),
            (
                ["auto_apply_enabled": "yes", "auto_apply": 5],
                [
                    "auto_apply_enabled": ["Must be a valid boolean."],
                    "auto_apply": ["Expected a list of items but got type \"int\"."],
                ]
            ),
            (
                ["auto_apply_enabled": true, "auto_apply": [["team": "Billing"]]],
                ["auto_apply": ["Entry 1: confidence_min: This field is required."]]
            ),
            (
                ["auto_apply_enabled": true, "auto_apply": [["team": "Billing", "confidence_min": 1.5]]],
                ["auto_apply": ["Entry 1: confidence_min: Ensure this value is less than or equal to 1.0."]]
            ),
            (
                ["auto_apply_enabled": true, "auto_apply": [["team": "Nobody", "confidence_min": 1]]],
                ["auto_apply": ["\"Nobody\" is not a valid choice."]]
            ),
            (
                [
                    "auto_apply_enabled": true,
                    "auto_apply": [
                        ["team": "Billing", "confidence_min": 1], ["team": "Billing", "confidence_min": 0],
                    ],
                ],
                ["auto_apply": ["A team is named twice."]]
            ),
        ] as [(JSONValue, JSONValue)])
    func badPolicies(_ body: JSONValue, _ errors: JSONValue) async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        let answer = try await own.call("PUT", "/policy/", body)
        #expect(answer.status == 400)
        #expect(answer.json == errors)
        #expect(try await own.call("GET", "/policy/")["updated_at"] == .null)
    }

    /// Only what people decided counts, at or above the entry's confidence, against what was proposed.
    @Test func measuredPrecision() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing", "Support"])
        func decide(_ confidence: Double, _ verb: String, _ body: JSONValue? = nil, edit: JSONValue? = nil) async throws
        {
            let ticket = try await own.ticket()
            let suggestion = try await own.suggestion(on: ticket, team: "Billing", confidence: confidence)
            let path = "/tickets/\(ticket)/suggestions/\(suggestion)/"
            if let edit { #expect(try await own.call("PATCH", path, edit).status == 200) }
            #expect(try await own.call("POST", path + verb, body).status == 200)
        }
        try await decide(0.9, "approve/")
        try await decide(0.8, "approve/", ["draft_reply": "Edited"])
        try await decide(0.9, "approve/", ["suggested_team": "Support"])
        try await decide(0.9, "approve/", ["suggested_priority": "low"])
        try await decide(0.9, "approve/", ["fields": ["suggested_priority"]])
        try await decide(0.9, "approve/", edit: ["suggested_team": "Support"])
        try await decide(0.9, "reject/")
        try await decide(0.5, "approve/")
        _ = try await own.suggestion(on: own.ticket(), team: "Billing", confidence: 0.9)
        let policy = try await own.call(
            "PUT", "/policy/",
            ["auto_apply_enabled": false, "auto_apply": [["team": "Billing", "confidence_min": 0.8]]])
        let measured = try #require(policy["auto_apply"]?.arrayValue?.first?["measured"])
        #expect(measured["decided"] == 7)
        #expect(measured["accepted_unchanged"] == 2)
        #expect(measured["precision"]?.doubleValue == 2.0 / 7.0)
        // A renamed team keeps its figures, those of the suggestions that were edited away from it as well.
        let teams = try await own.call("GET", "/teams/")
        let id = try #require(teams["results"]?.arrayValue?.first { $0["name"] == "Billing" }?["id"]?.intValue)
        _ = try await own.call("PATCH", "/teams/\(id)/", ["name": "Money"])
        let renamed = try await own.call("GET", "/policy/")
        #expect(renamed["auto_apply"]?.arrayValue?.first?["team"] == "Money")
        #expect(renamed["auto_apply"]?.arrayValue?.first?["measured"] == measured)
    }

    /// A team that a rule points to, with no decisions to calibrate on: no confidence, so no auto-apply, whatever the bound.
    @Test func withoutAConfidenceNothingIsApplied() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        _ = try await own.call("POST", "/rules/", ["keywords": ["invoice"], "team": "Billing"])
        _ = try await own.call(
            "PUT", "/policy/",
            ["auto_apply_enabled": true, "auto_apply": [["team": "Billing", "confidence_min": 0]]])
        let ticket = try await own.ticket("Auto-apply this invoice with confidence 1")
        let run = try await own.call(
            "POST", "/tickets/\(ticket)/trigger-triage/?wait=30", headers: ["Idempotency-Key": "a"])
        #expect(run["suggestion"]?["suggested_team"] == "Billing")
        #expect(run["suggestion"]?["confidence"] == .null)
        #expect(run["suggestion"]?["status"] == "pending")
        #expect(try await own.call("GET", "/tickets/\(ticket)/")["assigned_team"] == .null)
    }
}
