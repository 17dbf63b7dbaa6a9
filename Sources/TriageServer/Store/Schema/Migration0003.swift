import Postgres

extension Schema {
    /// Row-level security: the program works as a role that owns no table and sees one organisation's rows at a time, the
    /// one that its transaction has entered (promise I5).
    ///
    /// Not under it, because they are read across organisations and hold ids and no customer's text: `users` and
    /// `refresh_tokens` (of no organisation; read before anybody is known), `jobs`, `index_sources`, `index_changes`.
    static let tenancy = Migration(
        number: 3, name: "tenancy",
        sql: """
            -- Roles belong to the whole server, so another database's migration may have made it already, or be doing so.
            DO $$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexify_app') THEN
                    CREATE ROLE nexify_app NOLOGIN NOINHERIT;
                END IF;
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'role nexify_app is missing and % may not create it', current_user
                        USING HINT = 'run as an administrator: CREATE ROLE nexify_app NOLOGIN';
            END $$;
            DO $$
            BEGIN
                IF NOT pg_has_role(current_user, 'nexify_app', 'MEMBER') THEN
                    EXECUTE format('GRANT nexify_app TO %I', current_user);
                END IF;
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO nexify_app', current_schema());
            END $$;

            GRANT SELECT ON schema_migrations TO nexify_app;
            GRANT SELECT, INSERT, UPDATE, DELETE ON
                users, refresh_tokens, organizations, memberships, api_keys, teams, routing_rules, tickets, documents,
                chunks, decided_tickets, job_runs, suggestions, jobs, index_sources, index_changes
                TO nexify_app;
            GRANT SELECT, INSERT ON ticket_events TO nexify_app;

            -- The organisation that the transaction has entered; null before it has.
            CREATE FUNCTION nexify_organization() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
                RETURN nullif(current_setting('nexify.organization', true), '')::bigint;

            -- The sub-select makes Postgres look the setting up once a statement and not once a row.
            ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON organizations USING (id = (SELECT nexify_organization()));
            \(protect(ofTenancy))

            -- The doors. Each runs with its owner's rights, says who somebody is where they want to go, and lets the
            -- transaction into an organisation only where they belong.

            -- All null for somebody who does not exist; a role only where they are members.
            CREATE FUNCTION enter_organization(who bigint, wanted bigint, OUT is_active boolean, OUT role text)
            LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                SELECT u.is_active, m.role INTO is_active, role
                FROM users u LEFT JOIN memberships m ON m.user_id = u.id AND m.organization_id = wanted
                WHERE u.id = who;
                IF is_active AND role IS NOT NULL THEN
                    PERFORM set_config('nexify.organization', wanted::text, true);
                END IF;
            END $$;

            -- By a ticket of it: nothing tells a ticket that is not there from one of others.
            CREATE FUNCTION enter_ticket(who bigint, ticket bigint, OUT is_active boolean, OUT role text)
            LANGUAGE plpgsql SECURITY DEFINER AS $$
            DECLARE found_in bigint;
            BEGIN
                SELECT u.is_active, m.role, m.organization_id INTO is_active, role, found_in
                FROM users u LEFT JOIN tickets t ON t.id = ticket
                     LEFT JOIN memberships m ON m.user_id = u.id AND m.organization_id = t.organization_id
                WHERE u.id = who;
                IF is_active AND role IS NOT NULL THEN
                    PERFORM set_config('nexify.organization', found_in::text, true);
                END IF;
            END $$;

            CREATE FUNCTION enter_job_run(
                who bigint, run bigint, OUT is_active boolean, OUT role text, OUT organization_id bigint)
            LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                SELECT u.is_active, m.role, m.organization_id INTO is_active, role, organization_id
                FROM users u LEFT JOIN job_runs r ON r.id = run
                     LEFT JOIN memberships m ON m.user_id = u.id AND m.organization_id = r.organization_id
                WHERE u.id = who;
                IF is_active AND role IS NOT NULL THEN
                    PERFORM set_config('nexify.organization', organization_id::text, true);
                END IF;
            END $$;

            CREATE FUNCTION organizations_of(who bigint)
            RETURNS TABLE (id bigint, name text, role text) LANGUAGE sql STABLE SECURITY DEFINER
            BEGIN ATOMIC
                SELECT o.id, o.name, m.role FROM memberships m JOIN organizations o ON o.id = m.organization_id
                WHERE m.user_id = who ORDER BY o.id;
            END;

            -- How many rows of each index have no vector of that model: numbers only, for the worker's start.
            CREATE FUNCTION unembedded_rows(model text)
            RETURNS TABLE (organization_id bigint, kind text, n bigint) LANGUAGE sql STABLE SECURITY DEFINER
            BEGIN ATOMIC
                SELECT c.organization_id, 'kb', count(*) FROM chunks c
                WHERE c.embedding_model IS DISTINCT FROM model GROUP BY 1
                UNION ALL
                SELECT d.organization_id, 'decided', count(*) FROM decided_tickets d
                WHERE d.embedding_model IS DISTINCT FROM model GROUP BY 1;
            END;

            -- Full-text search: under row-level security the planner may not use a text index, because `@@` might tell
            -- what is in a row before the policy has been asked. These ask for the organisation themselves.

            CREATE FUNCTION tickets_matching(words text) RETURNS SETOF bigint
            LANGUAGE sql STABLE SECURITY DEFINER
            BEGIN ATOMIC
                SELECT t.id FROM tickets t
                WHERE t.organization_id = (SELECT nexify_organization())
                      AND t.search @@ websearch_to_tsquery('simple', words);
            END;

            CREATE FUNCTION chunks_matching(query tsquery, most integer)
            RETURNS TABLE (id bigint, rank integer) LANGUAGE sql STABLE SECURITY DEFINER
            BEGIN ATOMIC
                SELECT c.id, row_number() OVER (ORDER BY ts_rank_cd(c.search, query, 1) DESC, c.id)::integer
                FROM chunks c
                WHERE c.organization_id = (SELECT nexify_organization()) AND c.search @@ query
                ORDER BY 2 LIMIT most;
            END;

            \(closeDoors)
            """)

    /// For every migration that makes such functions.
    static let closeDoors = """
        -- A function that runs with its owner's rights must not look names up where its caller says.
        DO $$
        DECLARE door regprocedure;
        BEGIN
            FOR door IN SELECT p.oid FROM pg_proc p
                        WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace
                              AND p.proowner = current_user::regrole
            LOOP
                EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', door, current_schema());
                EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', door);
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO nexify_app', door);
            END LOOP;
        END $$;
        """

    private static let ofTenancy = [
        "memberships", "api_keys", "teams", "routing_rules", "tickets", "ticket_events", "documents",
        "chunks", "decided_tickets", "job_runs", "suggestions",
    ]

    /// Row-level security for tables of organisations' rows: a transaction sees and writes those of the one it has entered.
    static func protect(_ tables: [String]) -> String {
        tables.map { table in
            """
            ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON \(table) USING (organization_id = (SELECT nexify_organization()));
            """
        }.joined(separator: "\n")
    }
}
