import Postgres

extension Schema {
    /// Text search that does not tell, by the time it takes, which words other organisations' texts have: in the text
    /// indexes no organisation shares a key with another.
    static let searchKeys = Migration(
        number: 7, name: "search_keys",
        sql: #"""
            -- What a text index holds of a row: its words, each behind its organisation, and the bare organisation, by
            -- which a search without a word of its own finds the organisation's rows. No positions, which the index would
            -- not keep either. A prefix makes words longer than tsvector allows, so they are cut. The cost is what keeps
            -- the planner from asking every row instead of the index.
            CREATE FUNCTION organization_lexemes(organization bigint, words tsvector) RETURNS tsvector
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
            RETURN array_to_tsvector(
                ARRAY(SELECT organization || '/' || left(word, 255) FROM unnest(tsvector_to_array(words)) AS word)
                || (organization || '/'));

            -- What to ask such an index: a query that every row of the organisation matches that matches the one given.
            -- It drops what the index cannot tell: negations (`querytree`, which leaves T when that is all there is),
            -- weights, and that words follow each other. Null, which finds nothing, for a query without words.
            CREATE FUNCTION organization_query(organization bigint, query tsquery) RETURNS tsquery
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN CASE querytree(query) WHEN 'T' THEN quote_literal(organization || '/') ELSE (
                SELECT string_agg(
                    CASE
                        WHEN word IS NOT NULL THEN
                            '''' || organization || '/'
                            || replace(replace(left(word, 255), '\', '\\'), '''', '''''') || ''''
                            || CASE WHEN part[2] LIKE ':*%' THEN ':*' ELSE '' END
                        WHEN part[3] IS NOT NULL THEN '&'
                        ELSE part[4]
                    END, '' ORDER BY place)
                -- A word in quotation marks and its weights, a phrase's operator, or anything else.
                FROM regexp_matches(
                         querytree(query), $$'((?:[^'\\]|''|\\\\)*)'(:[*A-D]+)?|(<(?:-|\d+)>)|([&|()])$$, 'g')
                     WITH ORDINALITY AS parts (part, place),
                     replace(replace(part[1], '''''', ''''), '\\', '\') AS word) END::tsquery;

            GRANT EXECUTE ON FUNCTION organization_lexemes(bigint, tsvector), organization_query(bigint, tsquery)
                TO nexify_app;

            DROP INDEX tickets_search, chunks_search;
            CREATE INDEX tickets_search ON tickets USING gin (organization_lexemes(organization_id, search));
            CREATE INDEX chunks_search ON chunks USING gin (organization_lexemes(organization_id, search));
            -- ANALYZE would work out the words of thousands of rows for nothing: the planner is not to choose by them.
            ALTER INDEX tickets_search ALTER COLUMN 1 SET STATISTICS 0;
            ALTER INDEX chunks_search ALTER COLUMN 1 SET STATISTICS 0;

            -- Both ask for the organisation themselves as well, in a way that no index serves: the text index is to be
            -- the only one to choose. Queries stand in sub-selects, because for a value that it knows the planner would
            -- look up how often all organisations' texts have these words. A bitmap that does not fit into work_mem makes
            -- Postgres work out the words of whole pages: 64 MB are enough for millions of tickets.

            -- Rows are asked only when the index does not tell all: negations, phrases, weights, words that are cut.
            CREATE OR REPLACE FUNCTION tickets_matching(words text) RETURNS SETOF bigint
            LANGUAGE sql STABLE SECURITY DEFINER SET work_mem = '64MB'
            BEGIN ATOMIC
                SELECT t.id FROM tickets t
                WHERE organization_lexemes(t.organization_id, t.search)
                          @@ (SELECT organization_query(nexify_organization(), websearch_to_tsquery('simple', words)))
                      AND t.organization_id IS NOT DISTINCT FROM (SELECT nexify_organization())
                      AND ((SELECT query !~ '[!<:]' AND length(query) <= 255
                            FROM CAST(websearch_to_tsquery('simple', words) AS text) AS query)
                           OR t.search @@ (SELECT websearch_to_tsquery('simple', words)));
            END;

            CREATE OR REPLACE FUNCTION chunks_matching(query tsquery, most integer)
            RETURNS TABLE (id bigint, rank integer)
            LANGUAGE sql STABLE SECURITY DEFINER SET work_mem = '64MB'
            BEGIN ATOMIC
                SELECT c.id, row_number() OVER (ORDER BY ts_rank_cd(c.search, query, 1) DESC, c.id)::integer
                FROM chunks c
                WHERE organization_lexemes(c.organization_id, c.search)
                          @@ (SELECT organization_query(nexify_organization(), query))
                      AND c.organization_id IS NOT DISTINCT FROM (SELECT nexify_organization())
                      AND c.search @@ (SELECT query)
                ORDER BY 2 LIMIT most;
            END;

            \#(closeDoors)
            """#)
}
