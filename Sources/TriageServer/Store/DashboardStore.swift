import Postgres
import Triage

/// The dashboard's figures, from counts that the schema keeps: the time they take does not grow with the tickets.
struct DashboardStore: Sendable {
    let pool: PostgresPool

    func figures(of organization: OrganizationID) async throws -> DashboardFigures {
        let results = try await pool.queries(
            [
                """
                SELECT outcome, nullif(confidence_tenth, -1)::integer AS tenth, nullif(team, '') AS team,
                       sum(n)::bigint AS n, sum(confidence_sum) AS confidence_sum
                FROM (SELECT outcome, confidence_tenth, team, n, confidence_sum FROM suggestion_tally
                      WHERE organization_id = \(organization)
                      UNION ALL
                      SELECT outcome, confidence_tenth, team, n, confidence_sum FROM suggestion_tally_changes
                      WHERE organization_id = \(organization)) AS counted
                GROUP BY 1, 2, 3 HAVING sum(n) > 0
                """,
                Self.median(in: organization),
            ], in: organization)
        return DashboardFigures(
            tallies: try results[0].map { row in
                DashboardFigures.Tally(
                    outcome: try row.decodeCase("outcome"),
                    confidenceTenth: try row.decode("tenth", as: Int32?.self).map(Int.init),
                    team: try row.decode("team"), count: try row.decode("n"),
                    confidenceSum: try row.decode("confidence_sum"))
            },
            medianSecondsToDecision: try results[1].first?.decode("median"))
    }

    /// The exact median: the counts tell which hundredth step it lies in and which of that step's decisions it is, and
    /// the index on the seconds has these in order. Of an even number, the mean of the middle two.
    private static func median(in organization: OrganizationID) -> SQL {
        """
        WITH steps AS MATERIALIZED (
            SELECT step, sum(n) AS n
            FROM (SELECT step, n FROM decision_tally WHERE organization_id = \(organization)
                  UNION ALL
                  SELECT step, n FROM suggestion_tally_changes
                  WHERE organization_id = \(organization) AND step IS NOT NULL) AS counted
            GROUP BY step HAVING sum(n) > 0
        ),
        ranked AS (
            SELECT step, sum(n) OVER (ORDER BY step) - n AS before, sum(n) OVER (ORDER BY step) AS through,
                   sum(n) OVER () AS total
            FROM steps
        ),
        middle (rank) AS (SELECT DISTINCT unnest(ARRAY[div(total - 1, 2), div(total, 2)]::bigint[]) FROM ranked)
        SELECT avg(found.seconds) AS median
        FROM middle JOIN ranked ON ranked.before <= middle.rank AND middle.rank < ranked.through
             CROSS JOIN LATERAL (
                 SELECT s.decision_seconds AS seconds FROM suggestions s
                 WHERE s.organization_id = \(organization)
                       -- Half a step to either side, for what rounding may have put beyond its step's bounds.
                       AND s.decision_seconds >= exp((ranked.step - 0.5) * ln(1.01::double precision)) - 1
                       AND s.decision_seconds < exp((ranked.step + 1.5) * ln(1.01::double precision)) - 1
                       AND decision_step(s.decision_seconds) = ranked.step
                 ORDER BY s.decision_seconds OFFSET middle.rank - ranked.before LIMIT 1
             ) AS found
        """
    }

    /// Adds up what writers have left; of several servers at once one does it.
    func fold() async throws { _ = try await pool.query("SELECT fold_tallies()") }
}
