import Postgres

extension Schema {
    /// What identity needs beside users and tokens: failures of signing in, and what an API key may do.
    static let identity = Migration(
        number: 4, name: "identity",
        sql: """
            -- Failed sign-ins of one window, counted by account and by client address. No row of any organisation: it is
            -- read before anybody is known. The account is the SHA-256 of the name as it was given, because people type
            -- passwords into the wrong field.
            CREATE TABLE sign_in_failures (
                kind        text NOT NULL CHECK (kind IN ('account', 'address')),
                key         text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 64),
                failures    integer NOT NULL CHECK (failures > 0),
                expires_at  timestamptz NOT NULL,
                PRIMARY KEY (kind, key)
            );
            CREATE INDEX sign_in_failures_by_expiry ON sign_in_failures (expires_at);

            GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_failures TO nexify_app;

            ALTER TABLE api_keys ADD COLUMN scope text NOT NULL DEFAULT 'ingest' CHECK (scope IN ('ingest'));

            -- By a key that has the scope and is not revoked. Notes its use, at most once a minute, so that a busy key is
            -- no hot row.
            CREATE FUNCTION enter_by_key(hash bytea, wanted text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
            DECLARE key record;
            BEGIN
                SELECT k.id, k.organization_id, k.last_used_at INTO key
                FROM api_keys k WHERE k.key_hash = hash AND k.scope = wanted AND k.revoked_at IS NULL;
                IF NOT FOUND THEN RETURN NULL; END IF;
                IF key.last_used_at IS NULL OR key.last_used_at < now() - interval '1 minute' THEN
                    -- Asked again, for the many requests that saw the old time at once.
                    UPDATE api_keys k SET last_used_at = now()
                    WHERE k.id = key.id AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute');
                END IF;
                PERFORM set_config('nexify.organization', key.organization_id::text, true);
                RETURN key.organization_id;
            END $$;
            \(closeDoors)
            """)
}
