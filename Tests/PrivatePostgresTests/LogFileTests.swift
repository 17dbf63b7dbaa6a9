import Foundation
import PrivatePostgres
import TestSupport
import Testing

@Suite("The server's log")
struct LogFileTests {
    @Test("It is emptied in place when it is too long, the old text kept beside it, and the writer goes on")
    func bound() throws {
        let log = LogFile(path: "\(try TestDirectory.make("log"))/postgres.log")
        let writer = open(log.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(writer) }
        func append(_ text: String) { #expect(write(writer, text, text.utf8.count) == text.utf8.count) }
        func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        append("one\n")
        try log.bound(bytesMax: 4)
        #expect(try text(log.path) == "one\n")
        append("two\n")
        try log.bound(bytesMax: 4)
        append("three\n")
        #expect(try text(log.path) == "three\n")
        #expect(try text("\(log.path).1") == "one\ntwo\n")
        try log.bound(bytesMax: 4)
        #expect(try text("\(log.path).1") == "three\n")
    }

    @Test("Its tail is the last lines after an offset, and nothing when there is none")
    func tail() throws {
        let log = LogFile(path: "\(try TestDirectory.make("log"))/postgres.log")
        #expect(log.tail(after: 0) == "")
        let lines = (1...50).map { "line \($0)" }.joined(separator: "\n") + "\n"
        try lines.write(toFile: log.path, atomically: true, encoding: .utf8)
        #expect(log.tail(after: 0).split(separator: "\n").map(String.init) == (31...50).map { "line \($0)" })
        #expect(log.tail(after: lines.utf8.count - "line 49\nline 50\n".utf8.count) == "line 49\nline 50")
        #expect(log.tail(after: lines.utf8.count) == "")
    }

    @Test("A real server's log has neither statements nor values")
    func privacy() async throws {
        let scratch = try Scratch()
        try await scratch.withServer { (_, endpoint) async throws in
            let database = endpoint.connectionString
            #expect(try await psql(database, "CREATE TABLE t (secret text UNIQUE)") == "CREATE TABLE")
            #expect(try await psql(database, "INSERT INTO t VALUES ('customer-words')") == "INSERT 0 1")
            let refused = try await psql(database, "INSERT INTO t VALUES ('customer-words')")
            #expect(refused.contains("customer-words"))
        }
        let log = try String(contentsOfFile: "\(scratch.base)/postgres.log", encoding: .utf8)
        #expect(log.contains("duplicate key value"))
        #expect(!log.contains("customer-words") && !log.contains("INSERT"))
    }
}
