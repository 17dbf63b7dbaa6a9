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

            ALTER TABLE api_keys ADD COLUMN scope text NOT NULL DEFAULT 'ingest' CHECK (scope IN ('ingest'));
            """)
}
