import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Triage

/// A client of an event stream over a connection of its own, as a browser's EventSource reads it.
struct StreamReader {
    struct Event: Equatable {
        var id: String
        var kind: String
        var data: JSONValue
    }

    private var body: HTTPClientResponse.Body.AsyncIterator
    private var text = ""
    /// The fields of the first block, which says where the stream begins.
    private(set) var opening: [String: String] = [:]

    /// - Throws: `InstalledSystem.Failure` when the answer is no stream.
    static func open(
        _ system: InstalledSystem, organization: Int64, token: String, lastEventID: String? = nil
    ) async throws -> StreamReader {
        var request = HTTPClientRequest(url: "\(system.url)/api/organizations/\(organization)/stream/")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        guard response.status == .ok, response.headers.first(name: "Content-Type") == "text/event-stream" else {
            throw InstalledSystem.Failure(description: "the stream answered \(response.status)")
        }
        var reader = StreamReader(body: response.body.makeAsyncIterator())
        // The opening block: from here on every change is told.
        guard let opening = try await reader.block() else {
            throw InstalledSystem.Failure(description: "the stream ended before it began")
        }
        reader.opening = opening
        return reader
    }

    private init(body: HTTPClientResponse.Body.AsyncIterator) { self.body = body }

    /// The next event; nil at the stream's end.
    mutating func next() async throws -> Event? {
        while let block = try await block() {
            guard let data = block["data"] else { continue }
            return Event(
                id: block["id"] ?? "", kind: block["event"] ?? "message",
                data: try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8)))
        }
        return nil
    }

    /// Reads until an event is the one that is looked for.
    ///
    /// - Returns: all events up to it.
    mutating func events(until isLast: (Event) -> Bool) async throws -> [Event] {
        var events: [Event] = []
        while let event = try await next() {
            events.append(event)
            if isLast(event) { return events }
        }
        throw InstalledSystem.Failure(description: "the stream ended after \(events)")
    }

    /// The lines up to the next empty one, by field.
    private mutating func block() async throws -> [String: String]? {
        while true {
            if let end = text.range(of: "\n\n") {
                let lines = text[..<end.lowerBound].split(separator: "\n")
                text = String(text[end.upperBound...])
                var fields: [String: String] = [:]
                for line in lines {
                    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { continue }
                    fields[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
                }
                return fields
            }
            guard let bytes = try await body.next() else { return nil }
            text += String(buffer: bytes)
        }
    }
}
