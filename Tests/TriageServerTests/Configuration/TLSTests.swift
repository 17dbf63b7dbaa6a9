import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing
import Triage

@Suite("The server's own TLS")
struct TLSTests {
    /// A self-signed certificate for 127.0.0.1 and its key, made by openssl.
    private struct Certificate {
        let directory: String
        var file: String { directory + "/certificate.pem" }
        var key: String { directory + "/key.pem" }

        init() throws {
            directory = try TestDirectory.make("tls")
            let openssl = Process()
            openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            openssl.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days",
                "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", file,
            ]
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            #expect(openssl.terminationStatus == 0, "openssl made no certificate")
        }

        var settings: [String: String] {
            [
                "NEXIFY_TLS_CERTIFICATE_FILE": file, "NEXIFY_TLS_PRIVATE_KEY_FILE": key,
                // Beyond this machine, so that it is what TLS allows.
                "NEXIFY_HOST": "0.0.0.0",
            ]
        }
    }

    private func client(_ certificate: Certificate, newest: TLSVersion? = nil) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate.file))
        if let newest { (tls.minimumTLSVersion, tls.maximumTLSVersion) = (.tlsv1, newest) }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(tlsConfiguration: tls))
    }

    private func get(_ url: String, _ client: HTTPClient) async throws -> HTTPClientResponse {
        try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
    }

    @Test func servesHTTPS() async throws {
        let certificate = try Certificate()
        let contract = try await ContractSystem.started()
        let system = try contract.startAnotherWithoutWaiting("serve", certificate.settings)
        let url = "https://127.0.0.1:\(system.port)"
        let client = try client(certificate)
        try await until("it answers by https") { (try? await get(url + "/readyz", client).status) == .ok }

        let answer = try await get(url + "/healthz", client)
        #expect(answer.headers.first(name: "strict-transport-security") == "max-age=31536000")
        _ = try await contract.makeTicket()
        _ = try await contract.makeTicket()
        var list = HTTPClientRequest(url: url + "/api/organizations/\(contract.own)/tickets/?page_size=1")
        list.headers.add(name: "Authorization", value: "Bearer \(contract.agent)")
        let page = String(
            buffer: try await client.execute(list, timeout: .seconds(30)).body.collect(upTo: 1 << 20))
        #expect(page.contains("\"next\":\"https://127.0.0.1:\(system.port)/api/"))
        try await client.shutdown()

        for (newest, isServed) in [(TLSVersion.tlsv11, false), (.tlsv12, true), (.tlsv13, true)] {
            let client = try self.client(certificate, newest: newest)
            let status = try? await get(url + "/healthz", client).status
            #expect((status == .ok) == isServed, "\(newest)")
            try await client.shutdown()
        }
        // Plain HTTP has no answer of the API there.
        let plain = try await RawConnection.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", port: system.port)
        #expect(try #require(plain).contains("HTTP/1.1 200") == false)
        #expect(await system.end() == 0)
    }

    @Test func wrongFilesAreNamedBeforeAnythingStarts() async throws {
        let certificate = try Certificate()
        let other = try Certificate()
        let nowhere = certificate.directory + "/nowhere.pem"
        for (file, key, message) in [
            (nowhere, certificate.key, "NEXIFY_TLS_CERTIFICATE_FILE names \(nowhere), which is not there"),
            (certificate.file, nowhere, "NEXIFY_TLS_PRIVATE_KEY_FILE names \(nowhere), which is not there"),
            (certificate.key, certificate.key, "does not hold certificates in PEM"),
            (certificate.file, certificate.file, "does not hold a private key"),
            (certificate.file, other.key, "is not the key of"),
        ] {
            let system = try InstalledSystem(
                dataDirectory: try TestDirectory.make("tls-wrong"), port: InstalledSystem.freePort(),
                settings: ["NEXIFY_TLS_CERTIFICATE_FILE": file, "NEXIFY_TLS_PRIVATE_KEY_FILE": key])
            #expect(await system.waitForEnd() != 0)
            #expect(system.output.contains(message), "\(system.output)")
            #expect(!system.output.contains("Starting PostgreSQL"))
        }
    }

    /// TLS that ends in front shows in the public URL alone.
    @Test func browsersAreToldOfHTTPSInFront() async throws {
        let contract = try await ContractSystem.started()
        let system = try await contract.startAnother("serve", ["NEXIFY_PUBLIC_URL": "https://triage.example.com/"])
        let answer = try await system.call("GET", "/healthz")
        #expect(answer.headers["strict-transport-security"] == "max-age=31536000")
        _ = try await contract.makeTicket()
        _ = try await contract.makeTicket()
        let list = try await system.call(
            "GET", "/api/organizations/\(contract.own)/tickets/?page_size=1", as: contract.agent)
        #expect(list["next"]?.stringValue?.hasPrefix("https://triage.example.com/api/") == true)
        #expect(try await contract.server.call("GET", "/healthz").headers["strict-transport-security"] == nil)
        await system.end()
    }
}
