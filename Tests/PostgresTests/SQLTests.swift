import Postgres
import Testing

struct SQLTests {
    @Test func valuesBecomeNumberedParameters() {
        let id: Int64 = 7
        let q: SQL = "SELECT * FROM tickets WHERE id = \(id) AND title = \("x'; DROP TABLE tickets; --")"
        #expect(q.description == "SELECT * FROM tickets WHERE id = $1 AND title = $2")
    }

    @Test func fragmentsAreSplicedAndRenumbered() {
        let open: SQL = "status = \("open") OR priority > \(3)"
        let q: SQL = "SELECT \(1) WHERE (\(open)) AND team = \(Int64?.none)"
        #expect(q.description == "SELECT $1 WHERE (status = $2 OR priority > $3) AND team = $4")
    }

    @Test func joiningPutsTheSeparatorBetween() {
        let conditions: [SQL] = ["a = \(1)", "b = \(2)", "c IS NULL"]
        #expect(conditions.joined(separator: " AND ").description == "a = $1 AND b = $2 AND c IS NULL")
        #expect([SQL]().joined(separator: ", ").description == "")
    }

    @Test func vectorsBringTheirCast() {
        let q: SQL = "SELECT embedding <=> \(PostgresVector([1, 2])) FROM chunks"
        #expect(q.description == "SELECT embedding <=> $1::vector FROM chunks")
    }

    @Test func addingAppends() {
        var q: SQL = "SELECT \(1)"
        q += " LIMIT \(10)" + SQL(unsafeRaw: " OFFSET 0")
        #expect(q.description == "SELECT $1 LIMIT $2 OFFSET 0")
    }
}
