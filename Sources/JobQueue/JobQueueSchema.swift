/// The queue's tables, to be part of the application's first migration.
public enum JobQueueSchema {
    /// Ids only go into `payload`, never customer text: a job is re-read at run time. Its size is bounded for the same
    /// reason.
    public static let sql = """
        CREATE TABLE jobs (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 100),
            organization_id bigint,
            payload jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(payload::text) <= 8192),
            state text NOT NULL DEFAULT 'available'
                CHECK (state IN ('available', 'running', 'completed', 'discarded')),
            priority smallint NOT NULL DEFAULT 0,
            attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
            attempts_max integer NOT NULL CHECK (attempts_max BETWEEN 1 AND 100),
            run_at timestamptz NOT NULL DEFAULT now(),
            lease_until timestamptz,
            worker text,
            unique_key text CHECK (char_length(unique_key) <= 200),
            last_error text,
            created_at timestamptz NOT NULL DEFAULT now(),
            started_at timestamptz,
            finished_at timestamptz,
            CONSTRAINT jobs_lease_while_running CHECK ((state = 'running') = (lease_until IS NOT NULL)),
            CONSTRAINT jobs_finished_at_rest CHECK ((state IN ('completed', 'discarded')) = (finished_at IS NOT NULL))
        );
        CREATE INDEX jobs_to_claim ON jobs (priority DESC, run_at, id) WHERE state = 'available';
        CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
        CREATE INDEX jobs_at_rest ON jobs (state, finished_at) WHERE state IN ('completed', 'discarded');
        CREATE UNIQUE INDEX jobs_debounced ON jobs (kind, coalesce(organization_id, 0), unique_key)
            WHERE state = 'available' AND unique_key IS NOT NULL;
        -- Rows change state several times in their first second: room on the page lets many of those stay in place,
        -- and dead ones are cleared before the claim has to step over them.
        ALTER TABLE jobs SET (
            fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
        """
}
