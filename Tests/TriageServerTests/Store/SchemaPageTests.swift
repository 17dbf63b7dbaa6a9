import Foundation
import Postgres
import TestSupport
import Testing
import TriageServer

/// Holds docs/SCHEMA.md against the catalog of a database that was just migrated: whoever changes a table changes the page.
@Suite("The page that draws the schema")
struct SchemaPageTests {
    private let page: SchemaPage

    init() throws {
        page = SchemaPage(try String(contentsOfFile: RepositoryRoot.path("docs/SCHEMA.md"), encoding: .utf8))
    }

    /// Of each table its columns in their order: name, type, whether it may be null, default, as the page writes them.
    private func columns(_ pool: PostgresPool) async throws -> [String: [[String]]] {
        let rows = try await pool.query(
            """
            SELECT c.relname::text AS table_name, a.attname::text AS name,
                   replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz') AS type,
                   CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END AS is_null,
                   CASE WHEN a.attidentity <> '' THEN 'identity' WHEN a.attgenerated <> '' THEN 'generated'
                        WHEN d.adbin IS NULL THEN ''
                        ELSE format('`%s`', regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z]+$', ''))
                   END AS value
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                 LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
                  AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY c.relname, a.attnum
            """)
        var columns: [String: [[String]]] = [:]
        for row in rows {
            let table = try row.decode("table_name", as: String.self)
            var cells: [String] = []
            for cell in ["name", "type", "is_null", "value"] { cells.append(try row.decode(cell, as: String.self)) }
            columns[table, default: []].append(cells)
        }
        return columns
    }

    @Test func describesEachTableAndEachColumnAndNoOther() async throws {
        try await MigratedDatabase.with { pool, _ in
            let catalog = try await columns(pool)
            #expect(catalog["tickets"] != nil)
            #expect(page.tables.sorted() == catalog.keys.sorted())
            for (table, wanted) in catalog {
                let written = page.rows(under: table).map { Array($0.prefix(4)) }
                #expect(written == wanted, "the rows of \(table)")
                let undescribed = page.rows(under: table).filter { $0.count != 5 || $0[4].isEmpty }
                #expect(undescribed.isEmpty, "\(table) has columns of which nothing is said")
            }
        }
    }

    /// Tables and columns by their names, and between tables every foreign key and nothing else.
    @Test func drawsTheTablesAndTheirForeignKeys() async throws {
        try await MigratedDatabase.with { pool, _ in
            let catalog = try await columns(pool)
            #expect(page.entities.keys.sorted() == catalog.keys.sorted())
            for (entity, drawn) in page.entities {
                let known = Set((catalog[entity] ?? []).map { $0[0] })
                #expect(!drawn.isEmpty && known.isSuperset(of: drawn), "\(entity) is drawn with \(drawn)")
            }
            let keys = try await pool.query(
                """
                SELECT DISTINCT parent.relname || ' ' || child.relname AS name
                FROM pg_constraint k JOIN pg_class parent ON parent.oid = k.confrelid
                     JOIN pg_class child ON child.oid = k.conrelid
                WHERE k.contype = 'f' AND child.relnamespace = current_schema()::regnamespace
                """
            ).map { try $0.decode("name", as: String.self) }
            #expect(page.relations.sorted() == keys.sorted())
        }
    }

    @Test func listsFunctionsAndSaysWhichAreDoors() async throws {
        try await MigratedDatabase.with { pool, _ in
            let functions = try await pool.query(
                """
                SELECT p.proname || '('
                       || (SELECT coalesce(string_agg(format_type(given.type, NULL), ', ' ORDER BY given.place), '')
                           FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS given (type, place)) || ')' AS name,
                       CASE WHEN p.prosecdef THEN 'door' ELSE '' END AS door
                FROM pg_proc p
                WHERE p.pronamespace = current_schema()::regnamespace
                      AND NOT EXISTS (SELECT FROM pg_depend d
                                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                """
            ).map { [try $0.decode("name", as: String.self), try $0.decode("door", as: String.self)] }
            let written = page.rows(under: "Functions").map { Array($0.prefix(2)) }
            #expect(written.sorted { $0[0] < $1[0] } == functions.sorted { $0[0] < $1[0] })
        }
    }

    @Test func listsTriggersWithTheirTablesAndFunctions() async throws {
        try await MigratedDatabase.with { pool, _ in
            let triggers = try await pool.query(
                """
                SELECT t.tgname || ' `' || c.relname || '` `' || p.proname || '`' AS name
                FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
                WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
                """
            ).map { try $0.decode("name", as: String.self) }
            let written = page.rows(under: "Triggers").map { cells in
                [cells[0], cells[1], cells[cells.count - 1]].joined(separator: " ")
            }
            #expect(written.sorted() == triggers.sorted())
        }
    }

    @Test func namesWhatLiesOutsideRowLevelSecurity() async throws {
        try await MigratedDatabase.with { pool, _ in
            let tables = try await pool.query(
                """
                SELECT relname::text AS name FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity
                """
            ).map { try $0.decode("name", as: String.self) }
            #expect(page.rows(under: "Outside row-level security").map { $0[0] }.sorted() == tables.sorted())
        }
    }
}
