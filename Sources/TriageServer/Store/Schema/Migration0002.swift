import Postgres

extension Schema {
    /// Which rows of an index changed with which version, so that an index that is open follows row by row instead of
    /// being built anew.
    static let indexChanges = Migration(
        number: 2, name: "index_changes",
        sql: """
            -- Written in the transaction that makes the version. It says which rows to look at, not what is in them: a
            -- row that is gone by now, or has no vector, is to be removed.
            CREATE TABLE index_changes (
                organization_id  bigint NOT NULL,
                kind             text NOT NULL,
                version          bigint NOT NULL,
                row_id           bigint NOT NULL,
                changed_at       timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (organization_id, kind, version, row_id),
                FOREIGN KEY (organization_id, kind) REFERENCES index_sources (organization_id, kind)
            );
            CREATE INDEX index_changes_by_age ON index_changes (changed_at);

            -- Changes up to this version are in the log no more: an index that is older is built from the rows.
            ALTER TABLE index_sources ADD COLUMN log_floor bigint NOT NULL DEFAULT 0;
            UPDATE index_sources SET log_floor = version;

            -- An index reads its organisation's rows of one model; a start looks for rows of another.
            CREATE INDEX chunks_by_model ON chunks (organization_id, embedding_model);
            DROP INDEX decided_tickets_by_organization;
            CREATE INDEX decided_tickets_by_model ON decided_tickets (organization_id, embedding_model);
            """)
}
