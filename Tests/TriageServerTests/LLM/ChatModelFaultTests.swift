import AsyncHTTPClient
import Synchronization
import Testing
import Triage
import TriageServer

/// Promise I8 on real sockets: whatever a model's server does, asking it ends in time with an error that says what was
/// wrong.
@Suite("A model server's faults", .timeLimit(.minutes(2)))
struct ChatModelFaultTests {
    private static let goodAnswer = FaultyServer.answer(
        #"{"choices":[{"message":{"role":"assistant","content":"{}"},"finish_reason":"stop"}]}"#)

    private func server(_ url: String, deadline: Duration = .seconds(60)) -> ModelServer {
        var server = ModelServer(interface: .openAI, baseURL: url, model: "m")
        server.deadline = deadline
        return server
    }

    /// What asking a server of this behaviour ends with. The deadline is far beyond the test's patience unless given.
    private func fault(
        _ behaviour: FaultyServer.Behaviour, deadline: Duration = .seconds(60), answerBytesMax: Int = 256 * 1024
    ) async throws -> LanguageModelError? {
        try await withModelClient { client in
            try await FaultyServer.run(behaviour) { faulty in
                var server = server(faulty.url, deadline: deadline)
                server.answerBytesMax = answerBytesMax
                let error = await fault(of: ChatModel(server: server, client: client))
                #expect(faulty.requests.count == 1)
                return error
            }
        }
    }

    private func fault(of model: ChatModel) async -> LanguageModelError? {
        let error = await TriageServerTests.fault(of: model)
        if !(error is LanguageModelError) {
            Issue.record("\(String(describing: error)) is no error of a language model")
        }
        return error as? LanguageModelError
    }

    @Test func nothingListens() async throws {
        let port = try await FaultyServer.run(.silence) { $0.port }
        try await withModelClient { client in
            let model = ChatModel(server: server("http://127.0.0.1:\(port)"), client: client)
            // 111 is Linux's ECONNREFUSED.
            let error = await fault(of: model)
            #expect(error == .unreachable("the connection failed (errno 111)"))
        }
    }

    @Test func neverAnswers() async throws {
        let error = try await fault(.silence, deadline: .milliseconds(300))
        #expect(error == .timedOut(seconds: 0.3))
    }

    @Test func dripsForEver() async throws {
        let error = try await fault(.drip, deadline: .milliseconds(300))
        #expect(error == .timedOut(seconds: 0.3))
    }

    /// The head came, the error's body does not.
    @Test func neverEndsItsRefusal() async throws {
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{"
        let error = try await fault(.bytes(head), deadline: .milliseconds(300))
        #expect(error == .timedOut(seconds: 0.3))
    }

    @Test func floods() async throws {
        let error = try await fault(.flood, answerBytesMax: 300_000)
        #expect(error == .tooLong(bytesMax: 300_000))
    }

    @Test func announcesTooMuch() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"
        let error = try await fault(.bytes(head), answerBytesMax: 1_000)
        #expect(error == .tooLong(bytesMax: 1_000))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choices\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cho\r\n",
    ])
    func closesTooEarly(sent: String) async throws {
        let error = try await fault(.bytesAndEnd(sent))
        #expect(error == .unreachable("the connection was closed before the answer ended"))
    }

    @Test func doesNotSpeakHTTP() async throws {
        guard case .unreachable = try await fault(.bytes("SSH-2.0-OpenSSH_9.2\r\n\r\n")) else {
            Issue.record("anything but HTTP is unreachable")
            return
        }
    }

    @Test(arguments: [
        (404, "404 Not Found"), (429, "429 Too Many Requests"), (500, "500 Internal Server Error"),
        (401, "401 Unauthorized"), (204, "204 No Content"),
    ])
    func refuses(status: Int, line: String) async throws {
        let error = try await fault(.bytes(FaultyServer.answer("secret", status: line)))
        #expect(error == .refused(status: status))
    }

    /// The ticket's text goes to nobody but the configured server.
    @Test func redirectsElsewhere() async throws {
        try await FaultyServer.run(.bytes(Self.goodAnswer)) { elsewhere in
            let redirect = "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(elsewhere.url)/\r\nContent-Length: 0\r\n\r\n"
            let error = try await fault(.bytes(redirect))
            #expect(error == .refused(status: 307))
            #expect(elsewhere.requests.isEmpty)
        }
    }

    @Test(arguments: ["<html><body>Welcome to nginx!</body></html>", "", "{", "\u{0}"])
    func answersWithSomethingElse(body: String) async throws {
        let expected = LanguageModelError.malformed("the server did not answer with JSON")
        let error = try await fault(.bytes(FaultyServer.answer(body, type: "text/html")))
        #expect(error == expected)
    }

    @Test(arguments: [
        "{}", "[]", "null", #"{"choices":[]}"#, #"{"choices":{}}"#, #"{"choices":[{"message":null}]}"#,
        #"{"choices":[{"message":{"content":null,"refusal":"I cannot"}}]}"#, #"{"message":{"content":"{}"}}"#,
    ])
    func answersWithoutAMessage(body: String) async throws {
        let expected = LanguageModelError.malformed("the server's answer has no message")
        let error = try await fault(.bytes(FaultyServer.answer(body)))
        #expect(error == expected)
    }

    /// A megabyte of opening brackets overflows no stack.
    @Test(arguments: ["[", #"{"a":"#])
    func answersWithBottomlessJSON(opening: String) async throws {
        let body = String(repeating: opening, count: 1_000_000 / opening.utf8.count)
        let expected = LanguageModelError.malformed("the server did not answer with JSON")
        let error = try await fault(.bytes(FaultyServer.answer(body)), answerBytesMax: 2_000_000)
        #expect(error == expected)
    }

    @Test func cutsTheModelOff() async throws {
        let body = #"{"choices":[{"message":{"content":"{\"team\":"},"finish_reason":"length"}]}"#
        guard case .malformed(let why) = try await fault(.bytes(FaultyServer.answer(body))) else {
            Issue.record("an answer that was cut off is malformed")
            return
        }
        #expect(why.contains("800 tokens"))
    }

    /// A key that cannot stand in a header is an error of ours and is not shown.
    @Test func keyWithALineBreakIsNotSent() async throws {
        try await withModelClient { client in
            try await FaultyServer.run(.bytes(Self.goodAnswer)) { faulty in
                var server = server(faulty.url)
                server.apiKey = "secret\r\nX-Injected: 1"
                let error = try #require(await fault(of: ChatModel(server: server, client: client)))
                #expect(!error.description.contains("secret"))
                #expect(faulty.requests.isEmpty)
            }
        }
    }

    @Test func leavesAServerAloneThatKeepsFailing() async throws {
        let now = Mutex(ContinuousClock().now)
        try await withModelClient { client in
            try await FaultyServer.run(.bytes(FaultyServer.answer("", status: "500 Internal Server Error"))) { faulty in
                let breaker = CircuitBreaker(failuresMax: 3, pause: .seconds(30)) { now.withLock { $0 } }
                let model = ChatModel(server: server(faulty.url), client: client, breaker: breaker)
                for _ in 0..<3 {
                    let error = await fault(of: model)
                    #expect(error == .refused(status: 500))
                }
                #expect(await fault(of: model) == .circuitOpen)
                #expect(faulty.requests.count == 3)

                now.withLock { $0 += .seconds(30) }
                #expect(await fault(of: model) == .refused(status: 500))
                #expect(await fault(of: model) == .circuitOpen)
                #expect(faulty.requests.count == 4)
            }
        }
    }

    /// One customer's long tickets must not take the model away from the others.
    @Test func aPromptThatIsTooLongIsNotTheServersFault() async throws {
        let body = #"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":512}}"#
        try await withModelClient { client in
            try await FaultyServer.run(.bytes(FaultyServer.answer(body, status: "400 Bad Request"))) { faulty in
                let model = ChatModel(
                    server: server(faulty.url), client: client, breaker: CircuitBreaker(failuresMax: 1))
                for _ in 0..<3 {
                    let error = await fault(of: model)
                    #expect(error == .promptTooLong(contextTokens: 512))
                }
            }
        }
    }

    /// Cancelled while the server is silent: at once, and no mark against the server.
    @Test func cancellationIsNoFault() async throws {
        try await withModelClient { client in
            try await FaultyServer.run(.drip) { faulty in
                let model = ChatModel(
                    server: server(faulty.url), client: client, breaker: CircuitBreaker(failuresMax: 1))
                for attempt in 1...2 {
                    let asking = Task { await TriageServerTests.fault(of: model) }
                    try await poll("the request") { faulty.requests.count == attempt ? true : nil }
                    asking.cancel()
                    #expect(await asking.value is CancellationError)
                }
            }
        }
    }

    /// The suggestion is made all the same, and says why it is the local engine's.
    @Test func theLocalAnswerStands() async throws {
        try await withModelClient { client in
            try await FaultyServer.run(.drip) { faulty in
                let model = ChatModel(server: server(faulty.url, deadline: .milliseconds(200)), client: client)
                let proposal = await TriageEngine(model: model).propose(
                    for: Sample.ticket("I forgot my password."), policy: Sample.policy, evidence: Sample.evidence,
                    calibration: nil, boundary: Sample.boundary)
                #expect(proposal.team == "Access")
                #expect(proposal.metadata["engine"] == "local")
                #expect(proposal.metadata["llm_error"] == "no answer within 0.2 s")
                #expect(proposal.metadata["llm_model"] == "openai:m")
            }
        }
    }
}
