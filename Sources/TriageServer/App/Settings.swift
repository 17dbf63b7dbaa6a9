import Configuration
import FoundationEssentials
import Logging

/// Everything an operator can set, with its default. Each setting is an environment variable; `KEY_FILE` names a file
/// that holds the value of a secret `KEY`.
struct Settings: Sendable {
    /// Where the API and the console listen.
    var host = "127.0.0.1"
    var port = 8000
    /// What this installation keeps: the private PostgreSQL, the indexes, the signing key.
    var dataDirectory = ".nexify"
    /// A libpq URL; nil starts a private PostgreSQL under `dataDirectory`.
    var databaseURL: String?
    /// PostgreSQL's programs; nil is where `scripts/setup.sh` puts them.
    var postgresDirectory: String?
    var modelDirectory = ".nexify/parts/models/all-MiniLM-L6-v2"
    /// The demo organisation that `up` seeds an empty database with.
    var demoDirectory = "data"
    /// Signs sessions; nil makes one and keeps it under `dataDirectory` (`up` only).
    var secretKey: String?
    /// nil leaves it to the command: `up` is quiet, the others are not.
    var logLevel: Logger.Level?
    /// Triage jobs at a time in this process.
    var workers = 2
    var model: ModelServer?
    /// Which part of retrievals is checked against pgvector's exact answer.
    var crossCheckShare = 0.05
    /// How long a damaged index stays out of use before it is rebuilt.
    var indexRepairDelay = Duration.seconds(60)
    /// Indexes that this process keeps open at a time, at most: two an organisation.
    var indexesOpenMax = 512

    static let secretKeyBytesMin = 32

    /// One line a setting for `--help`: name, default, meaning.
    static let help = """
        SETTINGS (environment variables; a secret may be given as KEY_FILE instead)
          NEXIFY_HOST                127.0.0.1     address to listen on
          NEXIFY_PORT                8000          port of the API and the console
          NEXIFY_DATA_DIR            .nexify       private PostgreSQL, indexes, signing key
          DATABASE_URL               (none)        libpq URL; without it a private PostgreSQL is started
          NEXIFY_POSTGRES_DIR        .nexify/parts/postgresql                PostgreSQL's programs
          NEXIFY_MODEL_DIR           .nexify/parts/models/all-MiniLM-L6-v2   the embedding model
          NEXIFY_DEMO_DIR            data          demo organisation for an empty database
          NEXIFY_SECRET_KEY          (made)        signs sessions, at least 32 bytes
          NEXIFY_WORKERS             2             triage jobs at a time in this process
          NEXIFY_LLM                 none          none, ollama or openai
          NEXIFY_LLM_URL             (none)        e.g. http://127.0.0.1:11434
          NEXIFY_LLM_MODEL           (none)        e.g. llama3.2
          NEXIFY_LLM_API_KEY         (none)        sent as a bearer token
          NEXIFY_LLM_TIMEOUT_SECONDS 30            for one whole answer
          NEXIFY_CROSS_CHECK_SHARE   0.05          part of the index's answers checked against pgvector, 0–1
          NEXIFY_INDEX_REPAIR_SECONDS 60           how long a damaged index waits for its rebuild
          NEXIFY_INDEX_OPEN_MAX      512           indexes open at a time, two an organisation
          NEXIFY_LOG_LEVEL           (by command)  trace, debug, info, notice, warning, error or critical
        """

    /// - Throws: `SettingError` naming the variable, what is wrong with it and what would be right.
    init(environment: [String: String]) throws {
        let source = SettingsSource(environment: environment)
        host = source.text("NEXIFY_HOST") ?? host
        port = try source.whole("NEXIFY_PORT", in: 1...65_535) ?? port
        dataDirectory = source.text("NEXIFY_DATA_DIR") ?? dataDirectory
        databaseURL = try source.secret("DATABASE_URL")
        postgresDirectory = source.text("NEXIFY_POSTGRES_DIR")
        modelDirectory = source.text("NEXIFY_MODEL_DIR") ?? modelDirectory
        demoDirectory = source.text("NEXIFY_DEMO_DIR") ?? demoDirectory
        workers = try source.whole("NEXIFY_WORKERS", in: 1...64) ?? workers
        crossCheckShare = try source.number("NEXIFY_CROSS_CHECK_SHARE", in: 0...1) ?? crossCheckShare
        indexRepairDelay =
            try source.number("NEXIFY_INDEX_REPAIR_SECONDS", in: 0...86_400).map { .seconds($0) } ?? indexRepairDelay
        indexesOpenMax = try source.whole("NEXIFY_INDEX_OPEN_MAX", in: 2...20_000) ?? indexesOpenMax
        logLevel = try source.choice("NEXIFY_LOG_LEVEL") { Logger.Level(rawValue: $0) } ?? logLevel
        secretKey = try source.secret("NEXIFY_SECRET_KEY")
        if let secretKey, secretKey.utf8.count < Self.secretKeyBytesMin {
            throw SettingError(
                variable: "NEXIFY_SECRET_KEY", problem: "is shorter than \(Self.secretKeyBytesMin) bytes",
                remedy: "make one with: openssl rand -hex 32")
        }
        model = try Self.model(source)
    }

    var indexFolder: IndexFolder { IndexFolder(path: "\(dataDirectory)/indexes") }

    var indexKeeping: IndexKeeper.Configuration {
        var configuration = IndexKeeper.Configuration(folder: indexFolder, openMax: indexesOpenMax)
        configuration.limits.repairDelay = indexRepairDelay
        return configuration
    }

    /// - Throws: `SettingError` when there is none, for commands that start no database of their own.
    func requiredDatabaseURL() throws -> String {
        guard let databaseURL else {
            throw SettingError(
                variable: "DATABASE_URL", problem: "is missing",
                remedy: "set it to a libpq URL, or use “triage-server up”, which starts a database of its own")
        }
        return databaseURL
    }

    func requiredSecretKey() throws -> String {
        guard let secretKey else {
            throw SettingError(
                variable: "NEXIFY_SECRET_KEY", problem: "is missing", remedy: "make one with: openssl rand -hex 32")
        }
        return secretKey
    }

    private static func model(_ source: SettingsSource) throws -> ModelServer? {
        guard let kind = source.text("NEXIFY_LLM"), kind != "none" else { return nil }
        guard let interface = ModelServer.Interface(rawValue: kind) else {
            throw SettingError(
                variable: "NEXIFY_LLM", problem: "is “\(kind)”", remedy: "use none, ollama or openai")
        }
        guard let url = source.text("NEXIFY_LLM_URL"), url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw SettingError(
                variable: "NEXIFY_LLM_URL", problem: "is missing or no http(s) URL",
                remedy: "set it to the model server, e.g. http://127.0.0.1:11434, or set NEXIFY_LLM=none")
        }
        guard let name = source.text("NEXIFY_LLM_MODEL") else {
            throw SettingError(
                variable: "NEXIFY_LLM_MODEL", problem: "is missing",
                remedy: "name the model that \(url) serves, or set NEXIFY_LLM=none")
        }
        var server = ModelServer(
            interface: interface, baseURL: url, model: name, apiKey: try source.secret("NEXIFY_LLM_API_KEY"))
        if let seconds = try source.number("NEXIFY_LLM_TIMEOUT_SECONDS", in: 0.1...600) {
            server.deadline = .milliseconds(Int64(seconds * 1_000))
        }
        return server
    }
}

/// A setting that cannot be used.
struct SettingError: Error, CustomStringConvertible {
    var variable: String
    var problem: String
    var remedy: String

    var description: String { "\(variable) \(problem); \(remedy)" }
}

/// The environment, read as the types that settings have. An empty variable counts as unset.
struct SettingsSource {
    let reader: ConfigReader

    init(environment: [String: String]) {
        let secrets: Set<String> = [
            "DATABASE_URL", "NEXIFY_SECRET_KEY", "NEXIFY_LLM_API_KEY", "NEXIFY_SUPERUSER_PASSWORD",
        ]
        reader = ConfigReader(
            provider: EnvironmentVariablesProvider(
                environmentVariables: environment, secretsSpecifier: .specific(secrets)))
    }

    func text(_ variable: String) -> String? {
        let key = ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
        return reader.string(forKey: key).flatMap { $0.isEmpty ? nil : $0 }
    }

    func secret(_ variable: String) throws -> String? {
        guard let path = text(variable + "_FILE") else { return text(variable) }
        guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SettingError(
                variable: variable + "_FILE", problem: "names \(path), which cannot be read",
                remedy: "make it readable for this user, or set \(variable) itself")
        }
        let value = contents.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return value.isEmpty ? nil : value
    }

    func whole(_ variable: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(variable) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw SettingError(
                variable: variable, problem: "is “\(text)”",
                remedy: "use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ variable: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let text = text(variable) else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw SettingError(
                variable: variable, problem: "is “\(text)”",
                remedy: "use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func choice<T>(_ variable: String, _ make: (String) -> T?) throws -> T? {
        guard let text = text(variable) else { return nil }
        guard let value = make(text) else {
            throw SettingError(variable: variable, problem: "is “\(text)”", remedy: "see triage-server --help")
        }
        return value
    }
}
