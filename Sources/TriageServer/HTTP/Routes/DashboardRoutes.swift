import Hummingbird
import Triage

/// What became of an organisation's suggestions.
struct DashboardRoutes: Sendable {
    /// Which figure is to be shown in its parts.
    enum Detail: String, CaseIterable, Sendable {
        case triaged, reviewed, confidence
    }

    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            .member(.viewer, .get, "/api/organizations/{organization}/dashboard", services, Self.operation) {
                request, _, organization in
                var filters = FilterFields(request.query)
                let detail = filters.choice("detail", Detail.self)
                try filters.check()
                let figures = try await services.dashboard.figures(of: organization)
                return .json(capacity: 2048) { $0.object { write(figures, detail, to: &$0) } }
            }
        ]
    }
}

private func write(_ figures: DashboardFigures, _ detail: DashboardRoutes.Detail?, to json: inout JSONWriter) {
    json.field("total_triaged", figures.totalTriaged)
    json.field("auto_applied", figures.autoApplied)
    json.field("human_reviewed", figures.humanReviewed)
    json.field("average_confidence", figures.averageConfidence)
    json.field("acceptance_rate", figures.acceptanceRate)
    json.field("edited_rate", figures.editedRate)
    json.field("median_seconds_to_decision", figures.medianSecondsToDecision)
    json.key("precision_by_confidence")
    json.array { json in
        for tenth in figures.precisionByConfidence {
            json.object { json in
                write(tenth: tenth.confidenceTenth, to: &json)
                json.field("reviewed", tenth.reviewed)
                json.field("confirmed", tenth.confirmed)
                json.field("precision", Double(tenth.confirmed) / Double(tenth.reviewed))
            }
        }
    }
    switch detail {
    case nil: break
    case .triaged:
        let teams = Dictionary(grouping: figures.tallies, by: \.team)
        json.key("detail")
        json.array { json in
            for (team, tallies) in teams.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
                json.object { json in
                    json.field("team", team)
                    writeOutcomes(of: tallies, to: &json)
                }
            }
        }
    case .reviewed:
        json.key("detail")
        json.array { json in
            for outcome in DashboardFigures.Outcome.allCases where outcome.isHumanReviewed {
                json.object { json in
                    json.field("outcome", outcome.rawValue)
                    json.field("count", figures.count { $0.outcome == outcome })
                }
            }
        }
    case .confidence:
        let tenths = Dictionary(grouping: figures.tallies, by: \.confidenceTenth)
        json.key("detail")
        json.array { json in
            for (tenth, tallies) in tenths.sorted(by: { ($0.key ?? -1) < ($1.key ?? -1) }) {
                json.object { json in
                    write(tenth: tenth, to: &json)
                    writeOutcomes(of: tallies, to: &json)
                }
            }
        }
    }
}

private func write(tenth: Int?, to json: inout JSONWriter) {
    json.field("confidence_from", tenth.map { Double($0) / 10 })
    json.field("confidence_to", tenth.map { Double($0 + 1) / 10 })
}

private func writeOutcomes(of tallies: [DashboardFigures.Tally], to json: inout JSONWriter) {
    json.field("total", tallies.reduce(0) { $0 + $1.count })
    for outcome in DashboardFigures.Outcome.allCases {
        json.field(outcome.rawValue, tallies.reduce(0) { $1.outcome == outcome ? $0 + $1.count : $0 })
    }
}

extension DashboardRoutes {
    private static let operation = Operation(
        "readDashboard", .dashboard, "What became of the organisation's suggestions",
        details: """
            Measured figures only: one that nothing has been measured for is null. `acceptance_rate` is of the reviewed \
            suggestions; `edited_rate` of the accepted ones; `precision` is how often people confirmed team and priority. \
            Of outcomes, `accepted` is as suggested, `redrafted` with another reply, `corrected` with another team or \
            priority, `auto` applied by the policy.
            """,
        parameters: [
            .query("detail", .choice(Detail.self), "Adds `detail`: by team, by outcome, or by tenths of confidence")
        ],
        answers: [
            .ok(
                .object(
                    [
                        .required("total_triaged", .figure), .required("auto_applied", .figure),
                        .required("human_reviewed", .figure), .required("average_confidence", .share.nullable),
                        .required("acceptance_rate", .share.nullable), .required("edited_rate", .share.nullable),
                        .required("median_seconds_to_decision", .number(0...Double(Int64.max)).nullable),
                        .required(
                            "precision_by_confidence",
                            .array(
                                of: .answer([
                                    ("confidence_from", .share), ("confidence_to", .share), ("reviewed", .figure),
                                    ("confirmed", .figure), ("precision", .share),
                                ]))),
                        .optional("detail", .array(of: .freeObject)),
                    ], isClosed: true))
        ])
}

extension JSONSchema {
    fileprivate static let figure = JSONSchema.integer(0...Int64.max)
    fileprivate static let share = JSONSchema.number(0...1)
}
