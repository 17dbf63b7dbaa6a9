import Foundation
import HTTPTypes
import Testing
import Triage
import TriageServer

@Suite("Query parameters, pages and tags")
struct QueryParametersTests {
    @Test func decodes() {
        let query = QueryParameters("a=1&b=x+y%20z&c&d=%C3%A9%F0%9F%98%80&a=2&%66=%&g=%zz&h=%FF&&=e")
        #expect(query["a"] == "2")
        #expect(query["b"] == "x y z")
        #expect(query["c"] == "")
        #expect(query["d"] == "é😀")
        #expect(query["f"] == "%")
        #expect(query["g"] == "%zz")
        #expect(query["h"] == "\u{FFFD}")
        #expect(query["z"] == nil)
        #expect(query.filter("c") == nil)
        #expect(QueryParameters(nil).pairs.isEmpty)
    }

    @Test(arguments: [
        ("", 1, 20), ("page=3", 3, 20), ("page_size=5", 1, 5), ("limit=5", 1, 5), ("page_size=5&limit=7", 1, 5),
        ("page_size=1000", 1, 100), ("page_size=0", 1, 20), ("page_size=-1", 1, 20), ("page_size=x", 1, 20),
        ("page_size=x&limit=7", 1, 7), ("page_size=99999999999999999999", 1, 20), ("page=%31", 1, 20),
    ])
    func pages(_ text: String, _ number: Int, _ size: Int) throws {
        let page = try PageRequest(QueryParameters(text))
        #expect(page.number == number)
        #expect(page.size == size)
    }

    @Test(arguments: [
        "page=0", "page=-1", "page=x", "page=", "page=1.5", "page=99999999999", "page=9999999999999999999999",
    ])
    func noPages(_ text: String) throws {
        let error = #expect(throws: APIError.self) { try PageRequest(QueryParameters(text)) }
        #expect(error?.status == .notFound)
    }

    @Test func linksAreSortedAndLeaveThePageOutWhereItIsOne() throws {
        func links(_ text: String, count: Int) throws -> [String?] {
            let query = QueryParameters(text)
            let page = try PageRequest(query)
            try page.check(count: count)
            let links = PageLinks(page, count: count, base: "http://h/l/", query: query)
            return [links.previous, links.next]
        }
        #expect(try links("", count: 20) == [nil, nil])
        #expect(try links("", count: 0) == [nil, nil])
        #expect(try links("", count: 21) == [nil, "http://h/l/?page=2"])
        #expect(try links("page=2", count: 21) == ["http://h/l/", nil])
        #expect(
            try links("status=open&page=2&page_size=5&q=a+b%26", count: 15)
                == [
                    "http://h/l/?page_size=5&q=a+b%26&status=open",
                    "http://h/l/?page=3&page_size=5&q=a+b%26&status=open",
                ])
        #expect(throws: APIError.self) { try links("page=2", count: 20) }
        #expect(throws: APIError.self) { try links("page=2", count: 0) }
    }

    @Test func orderingIgnoresWhatItDoesNotKnow() {
        enum Field: String { case id, name }
        let order = Ordering.parse("-name, x,-,id,--id", Field.self)
        #expect(order.map(\.field) == [.name, .id])
        #expect(order.map(\.descending) == [true, false])
        #expect(Ordering.parse(nil, Field.self).isEmpty)
    }

    @Test func filtersSayWhatIsWrong() throws {
        var filters = FilterFields(QueryParameters("status=shut&created_from=soon&q=a%00b&flag=maybe&k=x&priority="))
        #expect(filters.choice("status", Ticket.Status.self) == nil)
        #expect(filters.choice("priority", Ticket.Priority.self) == nil)
        #expect(filters.date("created_from") == nil)
        #expect(filters.text("q", charactersMax: 10) == nil)
        #expect(filters.boolean("flag") == nil)
        #expect(filters.integer("k", in: 1...5) == nil)
        let error = #expect(throws: APIError.self) { try filters.check() }
        guard case .fields(let errors) = try #require(error).body else { throw CancellationError() }
        #expect(
            errors == [
                .init(
                    field: "status", messages: ["Select a valid choice. shut is not one of the available choices."]),
                .init(field: "created_from", messages: ["Enter a valid date/time."]),
                .init(field: "q", messages: ["Null characters are not allowed."]),
                .init(field: "flag", messages: ["Select a valid choice. maybe is not one of the available choices."]),
                .init(field: "k", messages: ["Enter a whole number."]),
            ])
    }

    @Test func ifMatch() throws {
        func condition(_ values: String...) -> EntityTag.Condition {
            var headers = HTTPFields()
            for value in values { headers.append(HTTPField(name: .ifMatch, value: value)) }
            return EntityTag.ifMatch(headers)
        }
        #expect(condition() == .none)
        #expect(condition("*") == .any)
        #expect(condition("\"3\"") == .versions([3]))
        #expect(condition(" \"3\" , \"5\"", "\"7\"") == .versions([3, 5, 7]))
        #expect(condition("W/\"3\"") == .versions([]))
        #expect(condition("3") == .versions([]))
        #expect(try condition("\"3\"").version(toExpect: 3) == 3)
        #expect(try condition("*").version(toExpect: 3) == nil)
        for value in ["\"4\"", "W/\"3\"", "nonsense", ""] {
            let error = #expect(throws: APIError.self) { try condition(value).version(toExpect: 3) }
            #expect(error?.status == .preconditionFailed, "\(value)")
        }
    }

    @Test func requestIDs() {
        #expect(RequestIdentity.choose(client: "abc-1_2.3:4") == "abc-1_2.3:4")
        for unsane in [nil, "", "a b", "a\"b", "é", String(repeating: "a", count: 129)] {
            let id = RequestIdentity.choose(client: unsane)
            #expect(id != unsane)
            #expect(id.utf8.count == 32)
        }
        #expect(RequestIdentity.choose(client: nil) != RequestIdentity.choose(client: nil))
    }
}
