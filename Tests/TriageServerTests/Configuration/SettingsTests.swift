import Foundation
import TestSupport
import Testing
import TriageServer

@Suite("Settings: where they come from, and which are refused")
struct SettingsTests {
    private static let goodKey = "6f1d0a9be2c87354f1d0a9be2c873547a41c"

    private func file(_ text: String) throws -> String {
        let path = try TestDirectory.make("settings") + "/nexify.conf"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func refusal(_ environment: [String: String], file: String? = nil) -> String {
        do {
            _ = try Settings(environment: environment, configFile: file)
            return ""
        } catch {
            return "\(error)"
        }
    }

    private func page(_ environment: [String: String], file: String? = nil) throws -> [String: String] {
        let text = try SettingsPage.text(SettingsReader(environment: environment, configFile: file))
        return Dictionary(
            uniqueKeysWithValues: text.split(separator: "\n").map { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
            })
    }

    @Test func environmentThenFileThenDefault() throws {
        let path = try file("# a comment\n\nNEXIFY_PORT = 9001\nNEXIFY_WORKERS='3'\r\nNEXIFY_DEMO_DIR=\"a b\"\n")
        let page = try page(["NEXIFY_PORT": "9002", "NEXIFY_CONFIG_FILE": path, "NEXIFY_HOST": ""])
        func row(_ name: String) -> [String]? { page[name]?.split(separator: " ").map(String.init) }
        #expect(row("NEXIFY_PORT") == ["9002", "environment"])
        #expect(row("NEXIFY_WORKERS") == ["3", path])
        #expect(page["NEXIFY_DEMO_DIR"]?.hasPrefix("a b ") == true)
        #expect(row("NEXIFY_HOST") == ["127.0.0.1", "default"], "an empty variable counts as unset")
        #expect(page.count == Setting.all.count)
        let other = try file("NEXIFY_PORT=9003\n")
        let chosen = try self.page(["NEXIFY_CONFIG_FILE": path], file: other)
        #expect(chosen["NEXIFY_PORT"]?.hasPrefix("9003") == true, "--config goes before NEXIFY_CONFIG_FILE")
    }

    @Test func secretsAreNotPrinted() throws {
        let secret = try file(Self.goodKey + "\n")
        let text = try SettingsPage.text(
            SettingsReader(environment: [
                "NEXIFY_SECRET_KEY_FILE": secret, "NEXIFY_LLM_API_KEY": "marker-1",
                "DATABASE_URL": "postgres://user:marker-2@db.example/nexify?sslpassword=marker-3",
                "NEXIFY_LLM_URL": "http://me:marker-4@llm.example/x?key=marker-5",
            ]))
        #expect(!text.contains("marker") && !text.contains(Self.goodKey))
        #expect(text.contains("environment (NEXIFY_SECRET_KEY_FILE)"))
        #expect(text.contains("postgres://user:<redacted>@db.example/nexify?<redacted>"))
        #expect(text.contains("http://<redacted>@llm.example/x?<redacted>"))
    }

    @Test(arguments: [
        ("postgres://u:a@b/c:d@host/db", "postgres://u:<redacted>@host/db"), ("postgres:///db", "postgres:///db"),
        ("postgres://u@host/db?host=%2Ftmp", "postgres://u@host/db?<redacted>"),
        ("postgres://host/db?%70assword=x", "postgres://host/db?<redacted>"), ("host=h dbname=d", "host=h dbname=d"),
        ("host=h password=x", "<redacted>"), ("host=h scram_client_key=abc", "<redacted>"),
        ("host=h user=u port=5432 sslmode=require", "host=h user=u port=5432 sslmode=require"),
        ("host = h password = x", "<redacted>"), ("user='a b'", "<redacted>"), ("db.example", "db.example"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://user:pw@127.0.0.1:11434/x?key=abc", "http://user:<redacted>@127.0.0.1:11434/x?<redacted>"),
        ("http://h/x?a=1&key=abc", "http://h/x?<redacted>"), ("http://h?abc", "http://h?<redacted>"),
        ("http://h/x#abc", "http://h/x#<redacted>"), ("http://h:1/x?key=a@b", "http://<redacted>"),
        ("http://u:a?b@h/x", "http://<redacted>"), ("h:11434/x?key=abc", "<redacted>"), ("u:abc@h", "<redacted>"),
        ("host=h password=abc://d", "<redacted>"),
    ])
    func secretsInURLs(value: String, shown: String) {
        #expect(SettingsPage.withoutSecrets(value) == shown)
    }

    /// A model server's token may be the user's name.
    @Test func tokensAsUsers() {
        #expect(
            SettingsPage.withoutSecrets("https://token@llm.example/v1", ofUser: true)
                == "https://<redacted>@llm.example/v1")
    }

    @Test func unknownNamesAreRefusedWithTheNearest() throws {
        #expect(refusal(["NEXIFY_PRT": "1"]).contains("did you mean NEXIFY_PORT?"))
        #expect(refusal(["NEXIFY_SECRETKEY_FILE": "/x"]).contains("did you mean NEXIFY_SECRET_KEY_FILE?"))
        #expect(refusal(["NEXIFY_port": "1"]).contains("NEXIFY_PORT"))
        #expect(refusal([:], file: try file("NEXIFY_WORKER=1")).contains("did you mean NEXIFY_WORKERS?"))
        // A file is for this program alone, the environment is everybody's.
        #expect(refusal([:], file: try file("PATH=/bin")).contains("PATH"))
        #expect(refusal(["PATH": "/bin", "NEXIFY_PARTS_DIR": "/x", "NEXIFY_SUPERUSER_EMAIL": "a@b.example"]) == "")
        #expect(refusal([:], file: try file("NEXIFY_CONFIG_FILE=other")).contains("cannot name another"))
    }

    /// Nobody's test run or benchmark may be stopped by its own variable.
    @Test func variablesOfToolsPass() throws {
        let pattern = /(?:\$\{?|environ(?:ment)?(?:\.get\(|\[)"|getenv\(")(NEXIFY_[A-Z0-9_]+)/
        let known = Set(Setting.all.flatMap { [$0.name, $0.fileVariant ?? $0.name] }).union(SettingNames.ofTools)
        var found: Set<String> = []
        for folder in ["scripts", "Tests", "Benchmarks", "Sources"] {
            let root = RepositoryRoot.path(folder)
            for case let name as String in try #require(FileManager.default.enumerator(atPath: root)) {
                guard ["sh", "py", "swift", "c"].contains((name as NSString).pathExtension), !name.contains(".build"),
                    let text = try? String(contentsOfFile: "\(root)/\(name)", encoding: .utf8),
                    text.contains("NEXIFY_")
                else { continue }
                found.formUnion(text.matches(of: pattern).map { String($0.1) })
            }
        }
        #expect(found.count > 10)
        #expect(found.subtracting(known).filter { !$0.hasPrefix("NEXIFY_SUPERUSER_") }.sorted() == [])
    }

    @Test(arguments: [
        ("NEXIFY_PORT", "line 1, has no"), ("=x", "does not begin with a name"), ("nexify port=1", "name"),
        ("NEXIFY_PORT=1\nNEXIFY_PORT=2", "line 2, sets NEXIFY_PORT again"),
        ("NEXIFY_PORT=eighty", "use a whole number"),
        ("NEXIFY_ALLOW_PLAIN_HTTP=yes", "use true or false"), ("NEXIFY_LLM=skynet", "none, ollama, openai"),
        ("NEXIFY_TRUSTED_PROXIES=10.0.0.0/33", "10.0.0.0/33"), ("NEXIFY_PUBLIC_URL=triage.example.com", "https://"),
        ("NEXIFY_PUBLIC_URL=https://u:p@h", "https://"), ("NEXIFY_PUBLIC_URL=https://h/path", "https://"),
        ("NEXIFY_TLS_CERTIFICATE_FILE=a.pem", "NEXIFY_TLS_PRIVATE_KEY_FILE is missing"),
        ("NEXIFY_TLS_PRIVATE_KEY_FILE=a.pem", "NEXIFY_TLS_CERTIFICATE_FILE is missing"),
    ])
    func badFiles(text: String, message: String) throws {
        #expect(refusal([:], file: try file(text)).contains(message))
    }

    @Test func secretFiles() throws {
        let empty = try file("\n")
        #expect(refusal(["NEXIFY_SECRET_KEY_FILE": empty]).contains("is empty"))
        #expect(refusal(["NEXIFY_SECRET_KEY_FILE": empty + "x"]).contains("cannot be read"))
        #expect(
            refusal(["NEXIFY_SECRET_KEY_FILE": empty, "NEXIFY_SECRET_KEY": Self.goodKey]).contains("are both set"))
        // The environment's file goes before the file's value: each source is complete in itself.
        let page = try page(
            ["NEXIFY_LLM_API_KEY_FILE": try file("one")], file: try file("NEXIFY_LLM_API_KEY=two\n"))
        #expect(page["NEXIFY_LLM_API_KEY"]?.contains("NEXIFY_LLM_API_KEY_FILE") == true)
    }

    @Test(arguments: [
        "tooshort-6f1d0a9be2c8", String(repeating: "x", count: 64), String(repeating: "abcdefghij", count: 4),
        "change-me-change-me-before-you-deploy-1", "ChangeMe-6f1d0a9be2c87354f1d0a9be2c8735",
        "django-insecure-6f1d0a9be2c87354f1d0a9be2c8735", "your-secret-key-goes-here-0123456789",
        "0123456789abcdef0123456789abcdef", "contract-tests-sign-with-this-key-of-48-bytes-ok",
    ])
    func guessableKeys(key: String) {
        let refusal = refusal(["NEXIFY_SECRET_KEY": key])
        #expect(refusal.hasPrefix("NEXIFY_SECRET_KEY ") && refusal.contains("openssl rand -hex 32"))
        #expect(!refusal.contains(key), "a secret must not be in a message")
    }

    @Test func randomKeysAreTaken() {
        for _ in 0..<200 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255) }
            let hexadecimal = bytes.map { String($0, radix: 16) }.joined()
            for key in [Data(bytes).base64EncodedString(), hexadecimal.prefix(32) + "0"] {
                #expect(refusal(["NEXIFY_SECRET_KEY": key]) == "", "\(key)")
            }
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", [:], true), ("127.8.8.8", [:], true), ("localhost", [:], true), ("::1", [:], true),
            ("0.0.0.0", [:], false), ("::", [:], false), ("192.0.2.1", [:], false), ("triage.example.com", [:], false),
            ("0.0.0.0", ["NEXIFY_ALLOW_PLAIN_HTTP": "true"], true),
            ("0.0.0.0", ["NEXIFY_ALLOW_PLAIN_HTTP": "false"], false),
            ("0.0.0.0", ["NEXIFY_TLS_CERTIFICATE_FILE": "a", "NEXIFY_TLS_PRIVATE_KEY_FILE": "b"], true),
            // What clients use says nothing of what crosses the network here.
            ("0.0.0.0", ["NEXIFY_PUBLIC_URL": "https://triage.example.com"], false),
        ] as [(String, [String: String], Bool)])
    func plainHTTPStaysOnThisMachine(host: String, more: [String: String], isAllowed: Bool) throws {
        let settings = try Settings(environment: more.merging(["NEXIFY_HOST": host]) { $1 })
        if isAllowed {
            try settings.checkTransport()
        } else {
            #expect(throws: SettingError.self) { try settings.checkTransport() }
        }
    }

    @Test func thePageOfTheDocumentationNamesEverySetting() throws {
        let page = try String(contentsOfFile: RepositoryRoot.path("docs/CONFIGURATION.md"), encoding: .utf8)
        for setting in Setting.all {
            let row = page.split(separator: "\n").first { $0.hasPrefix("| `\(setting.name)` |") }
            let cells = row?.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
            #expect(cells.count == 3, "\(setting.name) has no row")
            #expect(cells.dropFirst().first == setting.standard.map { "`\($0)`" } ?? setting.note, "\(setting.name)")
        }
        let rows = page.matches(of: /(?m)^\| `([A-Z_]+)` \|/).map { String($0.1) }
        #expect(Set(rows).subtracting(Setting.all.map(\.name)) == [])
    }
}
