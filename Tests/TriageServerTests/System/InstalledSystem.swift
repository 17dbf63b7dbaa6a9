import Foundation
import Synchronization
import TestSupport
import Triage

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A real `triage-server` in a process of its own: `up` with a database and a port of its own, as a newcomer starts it,
/// unless another command is asked for.
final class InstalledSystem: Sendable {
    /// The system did not come up, or ended with an error.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let port: Int
    let dataDirectory: String
    private let process: Process
    private let log: String

    var url: String { "http://127.0.0.1:\(port)" }

    /// Starts the built program and waits until `/readyz` answers 200.
    ///
    /// - Parameter settings: environment variables over those of this machine.
    static func start(
        _ command: String = "up", dataDirectory: String, port: Int? = nil, settings: [String: String] = [:]
    ) async throws -> InstalledSystem {
        let system = try InstalledSystem(
            command, dataDirectory: dataDirectory, port: port ?? freePort(), settings: settings)
        try await system.waitUntilReady()
        return system
    }

    /// Starts the program without waiting.
    init(
        _ command: String = "up", _ arguments: [String] = [], dataDirectory: String, port: Int,
        settings: [String: String] = [:]
    ) throws {
        self.port = port
        self.dataDirectory = dataDirectory
        log = "\(dataDirectory)/triage-server-\(port).log"
        guard FileManager.default.createFile(atPath: log, contents: nil) else {
            throw Failure(description: "cannot write \(log)")
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program("triage-server"))
        process.arguments = [command] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: RepositoryRoot.path)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("NEXIFY_LLM") }
        environment["DATABASE_URL"] = nil
        environment["NEXIFY_PORT"] = String(port)
        environment["NEXIFY_DATA_DIR"] = dataDirectory
        process.environment = environment.merging(settings) { _, new in new }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    /// The built program that lies beside this test's own binary.
    static func program(_ name: String) -> String {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return here.appendingPathComponent(name).path
    }

    private static let portsGiven = Mutex<Set<Int>>([])

    /// A port that nobody has, that no other test was given, and that lies below those which the system hands out to
    /// outgoing connections.
    static func freePort() -> Int {
        while true {
            let port = Int.random(in: 10_000..<32_000)
            guard portsGiven.withLock({ $0.insert(port).inserted }) else { continue }
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let isFree = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isFree { return port }
        }
    }

    /// What the program has written so far, to standard output and standard error.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    var processIdentifier: Int32 { process.processIdentifier }

    /// Polls `/readyz`: there is no event that a stranger to the process could wait for.
    func waitUntilReady(timeout: Duration = .seconds(180)) async throws {
        let deadline = ContinuousClock().now + timeout
        while ContinuousClock().now < deadline {
            guard process.isRunning else {
                throw Failure(description: "triage-server ended with \(process.terminationStatus):\n\(output)")
            }
            if let answer = try? await call("GET", "/readyz"), answer.status == 200 { return }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw Failure(description: "not ready within \(timeout):\n\(output)")
    }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: the exit status.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        if process.isRunning { kill(process.processIdentifier, signal) }
        return await waitForEnd()
    }

    func waitForEnd() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [process] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    // MARK: HTTP

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var text: String

        var json: JSONValue { (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null }

        subscript(key: String) -> JSONValue? { json[key] }
    }

    /// An access token by really signing in.
    func signIn(_ user: String) async throws -> String {
        let answer = try await call(
            "POST", "/api/auth/token/", ["username": .string(user), "password": "nexify-demo"])
        guard let token = answer["access"]?.stringValue else {
            throw Failure(description: "sign-in answered \(answer.status): \(answer.text)")
        }
        return token
    }

    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:],
        as token: String? = nil
    ) async throws -> Answer {
        var request = try request(method, path, as: token)
        if let body {
            request.httpBody = try JSONEncoder().encode(body)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return try await answer(to: request, path)
    }

    /// A body of any bytes.
    func send(
        _ method: String, _ path: String, _ body: [UInt8], contentType: String?, as token: String?
    ) async throws -> Answer {
        var request = try request(method, path, as: token)
        request.httpBody = Data(body)
        request.setValue(contentType ?? "", forHTTPHeaderField: "Content-Type")
        return try await answer(to: request, path)
    }

    private func request(_ method: String, _ path: String, as token: String?) throws -> URLRequest {
        guard let address = URL(string: url + path) else { throw Failure(description: "\(path) is no path") }
        var request = URLRequest(url: address, timeoutInterval: 60)
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return request
    }

    /// The answer, which is held against the OpenAPI document first.
    private func answer(to request: URLRequest, _ path: String) async throws -> Answer {
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw Failure(description: "no HTTP answer") }
        let headers = Dictionary(
            response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }, uniquingKeysWith: { $1 })
        let answer = Answer(status: response.statusCode, headers: headers, text: String(decoding: data, as: UTF8.self))
        await AnswerCheck.hold(answer, to: request.httpMethod ?? "GET", path, from: url)
        return answer
    }
}
