import ArgumentParser
import AsyncHTTPClient
import Foundation
import Measurement

/// `triage-latency`: how long one ticket takes on a started server, and how well its retrieval agrees with exact search.
@main
struct TriageLatency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage-latency",
        abstract: "Time one ticket after another, from the trigger's POST to the suggestion being read by GET.",
        discussion: """
            Makes tickets from the demo's texts in the user's organisation and deletes them at the end; use a server with \
            a database that is not needed. Every ticket is timed once by polling the job run, which is the headline, and a \
            copy of it once by ?wait=, in turns.
            """)

    static let k = 10

    @Option(help: "The server.")
    var baseURL = "http://127.0.0.1:8000"

    @Option(help: "A user who may trigger triage.")
    var username = "agent"

    @Option(help: "The user's password.")
    var password = "nexify-demo"

    @Option(help: ArgumentHelp("The demo's folder.", valueName: "folder"))
    var data = "data"

    @Option(help: "How many tickets are timed each way.")
    var tickets = 200

    @Option(help: "How many go before them.")
    var warmUp = 20

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Exit with an error when a target is missed.")
    var check = false

    func validate() throws {
        guard tickets > 0, warmUp >= 0 else { throw ValidationError("--tickets takes 1 or more, --warm-up 0 or more.") }
    }

    func run() async throws {
        let texts = try TicketText.read(dataDirectory: data)
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            var report = try await measure(texts, client)
            try await client.shutdown()
            try report.print(asJSON: json)
            if check, let missed = TargetsMissed(report) { throw missed }
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func measure(_ texts: [TicketText], _ client: HTTPClient) async throws -> Report {
        let api = try await TriageAPI(client: client, baseURL: baseURL, username: username, password: password)
        var made: [Int] = []
        for number in 0..<warmUp {
            let ticket = try await api.createTicket(texts[texts.count - 1 - number % texts.count])
            made.append(ticket)
            _ = try await TriageRun(ticket, way: .waiting, api: api)
        }
        let machine = Machine.start()
        var runs: [TriageRun.Way: [TriageRun]] = [:]
        for number in 0..<tickets {
            // Which way goes first changes with every ticket, so that neither profits from what the other has warmed.
            let ways = number % 2 == 0 ? TriageRun.Way.allCases : TriageRun.Way.allCases.reversed()
            for way in ways {
                let ticket = try await api.createTicket(texts[number % texts.count])
                made.append(ticket)
                runs[way, default: []].append(try await TriageRun(ticket, way: way, api: api))
            }
        }
        var report = Report(
            "triage-latency", machine: machine,
            parameters: [
                "tickets":
                    "\(tickets) each way after \(warmUp), one after another, from \(texts.count) texts, the open ones first",
                "from, to": "POST trigger-triage to the suggestion's GET answered",
            ])
        addLatencies(runs, to: &report)
        addStages(runs.values.joined().map(\.suggestion.metadata), to: &report)
        let firstTimed = made.dropFirst(warmUp).prefix(2 * min(tickets, texts.count))
        try await addAgreement(of: Array(firstTimed), api, to: &report)
        for ticket in made { try await api.delete(ticket) }
        return report
    }

    private func addLatencies(_ runs: [TriageRun.Way: [TriageRun]], to report: inout Report) {
        for way in TriageRun.Way.allCases {
            let times = Quantiles((runs[way] ?? []).map(\.milliseconds))
            let name = way == .polling ? "trigger to readable" : "the same by ?wait="
            report.add("\(name), median", times.median, unit: "ms", target: way == .polling ? .atMost(50) : nil)
            report.add("\(name), p90", times[0.9], unit: "ms")
            report.add("\(name), p99", times[0.99], unit: "ms")
        }
    }

    /// What the worker says of its own time.
    private func addStages(_ metadata: [Answers.Suggestion.Metadata], to report: inout Report) {
        for stage in Set(metadata.flatMap(\.timings_ms.keys)).sorted() {
            report.add(
                "worker, \(stage), median", Quantiles(metadata.compactMap { $0.timings_ms[stage] }).median, unit: "ms")
        }
    }

    /// Retrieval beside pgvector's exact search on the same rows, for every timed text.
    private func addAgreement(of tickets: [Int], _ api: TriageAPI, to report: inout Report) async throws {
        var found = 0
        var wanted = 0
        // Of two tickets with the same text one is enough.
        for ticket in stride(from: 0, to: tickets.count, by: 2).map({ tickets[$0] }) {
            let index = try await api.passages(of: ticket, k: Self.k, backend: "index")
            let exact = try await api.passages(of: ticket, k: Self.k, backend: "pgvector")
            guard index.backend == "index", exact.backend == "pgvector" else {
                throw CallFailure(call: "kb/retrieve", problem: "was answered by \(index.backend) and \(exact.backend)")
            }
            let ids = Set(index.results.map(\.chunk_id))
            found += exact.results.count { ids.contains($0.chunk_id) }
            wanted += exact.results.count
        }
        guard wanted > 0 else { throw CallFailure(call: "kb/retrieve", problem: "found nothing; is the demo seeded?") }
        report.add(
            "recall@\(Self.k) of passages against pgvector", Double(found) / Double(wanted), unit: "",
            target: .atLeast(0.95))
    }
}
