import Foundation
import TestSupport
import Testing

@Suite("Databases for tests")
struct TestDatabaseTests {
    @Test("Each is empty and of its own, or a copy of its template")
    func isolation() async throws {
        let first = try await TestDatabase.make()
        let second = try await TestDatabase.make()
        #expect(first != second)
        #expect(try await psql(first, "CREATE TABLE mine AS SELECT 7 AS n") == "SELECT 1")
        #expect(try await psql(second, "SELECT n FROM mine").contains("does not exist"))
        let copy = try await TestDatabase.make(template: first)
        #expect(try await psql(copy, "SELECT n FROM mine") == "7")
    }

    @Test("Many at once")
    func concurrent() async throws {
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await psql(TestDatabase.make(), "SELECT current_database()") } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names.count == 8)
    }
}
