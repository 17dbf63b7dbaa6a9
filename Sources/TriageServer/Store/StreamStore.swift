import FoundationEssentials
import Postgres
import Triage

/// The events that streams tell, in the order of their positions.
package struct StreamStore: Sendable {
    /// The ends of what is kept.
    package struct Extent: Sendable, Equatable {
        /// The newest event's position.
        package var head: Int64
        /// The position of the newest event that has been forgotten.
        package var forgotten: Int64

        /// Whether all is kept that came after a position. Not after one that is ahead: the database was restored.
        package func canResume(after position: Int64) -> Bool { position >= forgotten && position <= head }
    }

    package enum Limits {
        /// How long an event can be resumed from.
        package static let age = Duration.seconds(24 * 3_600)
        /// Events that one look reads at most.
        static let rows: Int32 = 1_000
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    private static let columns: SQL = "position, organization_id, kind, row_id, ticket_id, change, created_at"

    /// The ends of what is kept, after giving positions to what was committed.
    package func extent() async throws -> Extent {
        let results = try await pool.queries([
            "SELECT place_stream_events() AS position", "SELECT position, forgotten FROM stream_head",
        ])
        let row = try results[1].one()
        return Extent(head: try row.decode("position"), forgotten: try row.decode("forgotten"))
    }

    /// The events of all organisations after a position, placed first, and the last position; in one round trip.
    package func events(after position: Int64) async throws -> (events: [StreamEvent], head: Int64) {
        let results = try await pool.queries([
            "SELECT place_stream_events() AS position",
            "SELECT \(Self.columns) FROM stream_events_after(\(position), \(Limits.rows)) ORDER BY position",
        ])
        return (try results[1].map { try $0.streamEvent() }, try results[0].one().decode("position"))
    }

    /// A user who listens in an organisation.
    package struct Membership: Sendable, Hashable {
        var user: UserID
        var organization: OrganizationID

        package init(user: UserID, organization: OrganizationID) {
            self.user = user
            self.organization = organization
        }
    }

    /// Those of the memberships that there still are, of users who are active.
    func standing(_ memberships: Set<Membership>) async throws -> Set<Membership> {
        let asked = Array(memberships)
        return Set(
            try await pool.query(
                """
                SELECT user_id, organization_id
                FROM standings(\(asked.map(\.user.rawValue)), \(asked.map(\.organization.rawValue)))
                """
            ).map { Membership(user: try $0.decode("user_id"), organization: try $0.decode("organization_id")) })
    }

    /// One organisation's events between two positions, the first excluded; the oldest ones when there are more than a
    /// look reads.
    package func events(
        in organization: OrganizationID, after first: Int64, through last: Int64
    ) async throws -> [StreamEvent] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM stream_events
            WHERE organization_id = \(organization) AND position > \(first) AND position <= \(last)
            ORDER BY position LIMIT \(Limits.rows)
            """, in: organization
        ).map { try $0.streamEvent() }
    }

    /// Where to resume for one who has all of an organisation's events up to a position that has been read: at its newest
    /// event. The position itself would tell whether anything has happened elsewhere. Where the newest is forgotten, or
    /// there never was any, it is at the last position that was forgotten, the least that `Extent.canResume` accepts.
    package func resumption(in organization: OrganizationID, through position: Int64) async throws -> Int64 {
        // BETWEEN rather than =, so that Postgres expects few rows and goes by the organisation's index. By that of all positions it
        // would read all that others did since, and the time would tell how much that is.
        let row = try await pool.query(
            """
            SELECT greatest((SELECT e.position FROM stream_events e
                             WHERE e.organization_id BETWEEN \(organization) AND \(organization)
                                   AND e.position <= \(position)
                             ORDER BY e.position DESC LIMIT 1),
                            least(h.forgotten, \(position))) AS position
            FROM stream_head h
            """, in: organization
        ).one()
        return try row.decode("position")
    }

    /// Removes events that are too old to be resumed from.
    package func prune(olderThan age: Duration = Limits.age) async throws {
        _ = try await pool.query("SELECT forget_stream_events(\(age)) AS position")
    }
}

extension PostgresRow {
    fileprivate func streamEvent() throws -> StreamEvent {
        StreamEvent(
            position: try decode("position"), organization: try decode("organization_id"),
            kind: try decodeCase("kind"), row: try decode("row_id"), ticket: try decode("ticket_id"),
            change: try decode("change"), createdAt: try decode("created_at"))
    }
}
