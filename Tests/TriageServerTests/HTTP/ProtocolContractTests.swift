import Foundation
import Testing
import Triage
import TriageServer

@Suite("Contract: what every route does")
struct ProtocolContractTests {
    private static let routes = [
        ("GET", "/api/me"), ("GET", "/healthz"), ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics"),
        ("POST", "/api/auth/token"), ("POST", "/api/tickets"), ("GET", "/api/job-runs/1"),
    ]

    @Test(arguments: routes)
    func answersWithAndWithoutItsSlash(_ method: String, _ path: String) async throws {
        let system = try await ContractSystem.started()
        let without = try await system.call(method, path, as: system.agent)
        let with = try await system.call(method, path + "/", as: system.agent)
        #expect(without.status == with.status)
        #expect(![301, 302, 307, 308].contains(without.status))
        if path != "/metrics" { #expect(without.text == with.text) }
    }

    @Test func methodsThatAreNotThere() async throws {
        let system = try await ContractSystem.started()
        for (method, path, allowed) in [
            ("PUT", "/api/tickets/1/", "DELETE, GET, HEAD, PATCH"), ("GET", "/api/tickets/", "POST"),
            ("OPTIONS", "/api/me/", "GET, HEAD"), ("PROPFIND", "/api/me/", "GET, HEAD"),
            ("DELETE", "/healthz", "GET, HEAD"),
        ] {
            let answer = try await system.call(method, path)
            #expect(answer.status == 405)
            #expect(answer.json == ["detail": .string("Method \"\(method)\" not allowed.")])
            #expect(answer.headers["allow"] == allowed)
        }
    }

    /// As curl does it with more than a megabyte: the body is sent when it is asked for.
    @Test func aBodyThatWaitsToBeAskedForIsAskedFor() async throws {
        let system = try await ContractSystem.started()
        let body = #"{"username":"nobody","password":"wrong"}"#
        let head =
            "POST /api/auth/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n"
        let goAhead = "HTTP/1.1 100 Continue\r\n\r\n"
        let connection = try RawConnection(port: system.server.port)
        for expectation in ["100-continue", "100-Continue"] {
            connection.send(head + "Expect: \(expectation)\r\n\r\n")
            let asked = await connection.read { $0.hasSuffix("\r\n\r\n") }
            #expect(asked == goAhead)
            connection.send(body)
            let answer = await connection.read { $0.hasSuffix("}") }
            #expect(answer?.hasPrefix("HTTP/1.1 401 ") == true)
        }
        // What is too large for any route is not asked for.
        let refused = try await RawConnection.exchange(
            "POST /api/auth/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: 99999999\r\nConnection: close\r\n\r\n", port: system.server.port)
        #expect(refused?.hasPrefix("HTTP/1.1 413 ") == true)
        connection.send(head + "Connection: close\r\n\r\n" + body)
        let unasked = await connection.read()
        #expect(unasked?.hasPrefix("HTTP/1.1 401 ") == true)
    }

    @Test func pathsThatAreNotThere() async throws {
        let system = try await ContractSystem.started()
        for path in ["/api/", "/api/nothing", "/api/tickets/1/nothing", "/nothing.html", "/API/me"] {
            let answer = try await system.call("GET", path)
            #expect(answer.status == 404, "\(path)")
            #expect(answer.json == ["detail": "Not found."])
        }
    }

    @Test func bodies() async throws {
        let system = try await ContractSystem.started()
        func post(_ body: [UInt8], _ contentType: String? = "application/json") async throws -> ContractSystem.Answer {
            try await system.send("POST", "/api/tickets/", body, contentType: contentType, as: system.agent)
        }
        for contentType in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""]
        {
            #expect(try await post(Array("{}".utf8), contentType).status == 415, "\(contentType)")
        }
        for contentType in ["application/json", "Application/JSON; charset=UTF-8"] {
            #expect(try await post(Array("{}".utf8), contentType).status == 400)
        }
        let parse = try await post(Array("{\"a\":}".utf8))
        #expect(parse.status == 400)
        #expect(parse.json == ["detail": "JSON parse error - Expecting value: line 1 column 6 (char 5)"])
        for bytes in [
            Array("{\"a\":1,\"a\":2}".utf8), [0x22, 0xFF, 0x22], Array("9223372036854775808".utf8), Array("{} x".utf8),
            Array(String(repeating: "[", count: 100_000).utf8), Array("\"\\ud800\"".utf8),
        ] {
            let answer = try await post(bytes)
            #expect(answer.status == 400)
            #expect(answer["detail"]?.stringValue?.hasPrefix("JSON parse error - ") == true)
        }
        #expect(
            try await post(Array("[]".utf8)).json == [
                "non_field_errors": ["Invalid data. Expected a dictionary, but got list."]
            ])
        #expect(try await post(Array("null".utf8)).json == ["non_field_errors": ["No data provided"]])
        let large = try await post([UInt8](repeating: 0x20, count: RequestLimits.bodyBytesMax + 1))
        #expect(large.status == 413)
        // As large as allowed is read to its end.
        #expect(
            try await post([UInt8](repeating: 0x20, count: RequestLimits.bodyBytesMax - 2) + Array("{}".utf8)).status
                == 400)
        #expect(try await system.call("GET", "/api/me/", as: system.agent).status == 200)
    }

    @Test func problemDetails() async throws {
        let system = try await ContractSystem.started()
        let headers = ["Accept": "application/problem+json", "X-Request-ID": "problem-1"]
        let missing = try await system.call("GET", "/api/tickets/999999999/", headers: headers, as: system.agent)
        #expect(missing.headers["content-type"] == "application/problem+json")
        #expect(
            missing.json == [
                "type": "about:blank", "title": "Not Found", "status": 404,
                "detail": "No Ticket matches the given query.", "instance": "/api/tickets/999999999/",
                "request_id": "problem-1",
            ])
        let invalid = try await system.call("POST", "/api/auth/token/", [:], headers: headers)
        #expect(invalid["status"] == 400)
        #expect(invalid["errors"]?["username"] == ["This field is required."])
        let token = try await system.call("GET", "/api/me/", headers: headers, as: "x")
        #expect(token["code"] == "token_not_valid")
        #expect(token.headers["www-authenticate"] == "Bearer realm=\"api\"")
        for (accept, contentType) in [
            ("application/problem+json;q=0", "application/json"),
            ("text/html, application/problem+json; Q=0.000", "application/json"), ("*/*", "application/json"),
            ("application/problem+json-seq", "application/json"),
            ("application/json, Application/Problem+JSON;q=0.1", "application/problem+json"),
        ] {
            let answer = try await system.call(
                "GET", "/api/tickets/999999999/", headers: ["Accept": accept], as: system.agent)
            #expect(answer.headers["content-type"] == contentType, "\(accept)")
        }
    }

    @Test func requestIDs() async throws {
        let system = try await ContractSystem.started()
        let own = try await system.call("GET", "/healthz", headers: ["X-Request-ID": "trace-7:a.b_c"])
        #expect(own.headers["x-request-id"] == "trace-7:a.b_c")
        let replaced = try await system.call("GET", "/healthz", headers: ["X-Request-ID": "<script>"])
        #expect(replaced.headers["x-request-id"]?.utf8.count == 32)
        let made = try await system.call("GET", "/api/nothing")
        #expect(made.headers["x-request-id"]?.utf8.count == 32)
    }

    @Test func securityHeaders() async throws {
        let system = try await ContractSystem.started()
        for path in ["/", "/api/me/", "/api/nothing", "/healthz"] {
            let answer = try await system.call("GET", path, headers: ["Origin": "https://evil.example"])
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'self'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cross-origin-opener-policy"] == "same-origin")
            #expect(answer.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test func theConsolesFilesAndNothingElse() async throws {
        let system = try await ContractSystem.started()
        let page = try await system.call("GET", "/")
        #expect(page.status == 200)
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        let tag = try #require(page.headers["etag"])
        #expect(try await system.call("GET", "/", headers: ["If-None-Match": tag]).status == 304)
        #expect(try await system.call("GET", "/index.html").text == page.text)
        for path in [
            "/../Package.swift", "/..%2f..%2fPackage.swift", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
            "/.git/config",
            "/js/../../../etc/passwd", "/index.html%00.js",
        ] {
            #expect(try await system.call("GET", path).status == 404, "\(path)")
        }
    }

    @Test func health() async throws {
        let system = try await ContractSystem.started()
        #expect(try await system.call("GET", "/healthz").json == ["status": "ok"])
        let ready = try await system.call("GET", "/readyz")
        #expect(ready.status == 200)
        #expect(ready["checks"]?["database"]?["status"] == "ready")
    }

    @Test func metricsByPatternNeverByPath() async throws {
        let system = try await ContractSystem.started()
        _ = try await system.call("GET", "/api/tickets/123456789/", as: system.agent)
        _ = try await system.call("GET", "/scanned/for/secrets.php")
        let answer = try await system.call("GET", "/metrics")
        #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(
            answer.text.contains(
                #"django_http_responses_total_by_status_view_method_total{method="GET",status="404",view="/api/tickets/{ticket}"}"#
            ))
        #expect(answer.text.contains("django_http_requests_latency_seconds_by_view_method_bucket{"))
        #expect(answer.text.contains(#"view="NotFound""#))
        #expect(!answer.text.contains("123456789"))
        #expect(!answer.text.contains("secrets"))
    }

    /// Anybody can say that a body is longer than all that this server will ever read.
    @Test func metricsCountWhatWasReadOfBodies() async throws {
        let system = try await ContractSystem.started()
        let before = try await bodyBytes(system)
        let claim = try await RawConnection.exchange(
            "POST /api/auth/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(Int.max)\r\nConnection: close\r\n\r\n", port: system.server.port)
        #expect(try #require(claim).hasPrefix("HTTP/1.1 413 "))
        let body = [UInt8](repeating: 0x20, count: 50_000) + Array("{}".utf8)
        let read = try await system.send("POST", "/api/auth/token/", body)
        #expect(read.status == 400)
        let after = try await bodyBytes(system)
        #expect(after - before >= Double(body.count))
        // All that other tests may have sent meanwhile, and far less than was claimed.
        #expect(after - before < 1e12)
    }

    private func bodyBytes(_ system: ContractSystem) async throws -> Double {
        let name = "django_http_requests_body_total_bytes_sum "
        let text = try await system.call("GET", "/metrics").text
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(Double(line.dropFirst(name.count)))
    }
}
