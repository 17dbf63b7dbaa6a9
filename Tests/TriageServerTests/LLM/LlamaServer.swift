import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Triage
import TriageServer

/// llama.cpp's server with a model of 135 million parameters, which `scripts/setup.sh --tests` fetches: a real
/// OpenAI-compatible server. It is too small to judge what a model decides, and right for how it is asked.
final class LlamaServer: Sendable {
    /// There is a build for this machine. Where there is and it was not fetched, tests fail rather than pass unseen.
    static let isAvailable: Bool = {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }()

    let url: String
    let processID: Int32

    private init(url: String, processID: Int32) {
        self.url = url
        self.processID = processID
    }

    /// Runs `body` with a server that is ready, and kills it afterwards, however the body ends and even if this process
    /// is killed: the shell between waits for its input to end.
    static func run<Result>(
        contextTokens: Int = 4_096, _ body: (LlamaServer) async throws -> Result
    ) async throws -> Result {
        let parts = ProcessInfo.processInfo.environment["NEXIFY_PARTS_DIR"] ?? RepositoryRoot.path(".nexify/parts")
        let program = "\(parts)/llm/bin/llama-server"
        let model = "\(parts)/llm/SmolLM2-135M-Instruct.Q4_1.gguf"
        guard FileManager.default.isExecutableFile(atPath: program), FileManager.default.fileExists(atPath: model)
        else {
            throw Failure("there is no \(program) or no \(model). Run scripts/setup.sh --tests")
        }
        let log = FileManager.default.temporaryDirectory
            .appendingPathComponent("nexify-llama-\(UUID().uuidString).log").path
        defer { try? FileManager.default.removeItem(atPath: log) }

        let shell = Process()
        // Not sh: Debian's waits for a signal that is blocked in the children of Swift's threads.
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c", #"log="$1"; shift; "$@" </dev/null >"$log" 2>&1 & echo $!; read -r _; kill -9 $!; wait"#, "llama",
            log,
            program, "-m", model, "--host", "127.0.0.1", "--port", "0", "-c", "\(contextTokens)", "-np", "1", "-t", "1",
            "-ngl", "0", "--jinja", "--offline",
        ]
        shell.environment = ["LD_LIBRARY_PATH": "\(parts)/llm/bin", "PATH": "/usr/bin:/bin"]
        let (input, output) = (Pipe(), Pipe())
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        defer { try? input.fileHandleForWriting.write(contentsOf: Data("\n".utf8)) }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let processID = Int32(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure("the shell said “\(line)” instead of a process id")
        }
        let url = try await poll("an address in llama-server's log", log: log) { listening(in: log) }
        let server = LlamaServer(url: url, processID: processID)
        _ = try await withModelClient { client in
            try await poll("llama-server to be ready", log: log) {
                try? await client.execute(HTTPClientRequest(url: url + "/health"), timeout: .seconds(5)).status == .ok
                    ? true : nil
            }
        }
        return try await body(server)
    }

    func model(client: HTTPClient) -> ChatModel {
        var server = ModelServer(interface: .openAI, baseURL: url, model: "SmolLM2-135M-Instruct")
        server.deadline = .seconds(300)
        return ChatModel(server: server, client: client)
    }

    /// Whether it is at work on an answer.
    func isAnswering(client: HTTPClient) async throws -> Bool {
        let slots = try await json(client: client, HTTPClientRequest(url: url + "/slots"))
        return slots.arrayValue?.contains { $0["is_processing"]?.boolValue == true } == true
    }

    /// The ids of the model's tokens, with control tokens read as such, as in the messages of a chat.
    func tokens(of text: String, client: HTTPClient) async throws -> [Int64] {
        var request = HTTPClientRequest(url: url + "/tokenize")
        request.method = .POST
        let question: JSONValue = ["content": .string(text), "parse_special": true]
        request.body = .bytes(try JSONEncoder().encode(question))
        return try await json(client: client, request)["tokens"]?.arrayValue?.compactMap(\.intValue) ?? []
    }

    private func json(client: HTTPClient, _ request: HTTPClientRequest) async throws -> JSONValue {
        let response = try await client.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 16 * 1024 * 1024)
        return try JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView))
    }

    private static func listening(in log: String) -> String? {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.firstMatch(of: /listening on (http:\/\/127\.0\.0\.1:[0-9]+)/).map { String($0.output.1) }
    }
}

/// Why a test could not go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer.
///
/// - Throws: when there is none for a minute; with the end of `log`, where there is one.
@discardableResult
func poll<Answer>(
    _ what: String, log: String? = nil, _ question: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if let answer = try await question() { return answer }
        try await Task.sleep(for: .milliseconds(10))
    }
    let said = log.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }.map { ": " + $0.suffix(2_000) } ?? ""
    throw Failure("waited a minute for \(what)\(said)")
}
