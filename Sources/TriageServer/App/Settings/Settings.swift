import FoundationEssentials
import Logging

/// Everything an operator can set, read and checked. `Setting+All.swift` has the defaults and meanings.
package struct Settings: Sendable {
    /// Where the API and the console listen.
    var host: String
    var port: Int
    /// Scheme and host before the paths of absolute links; nil takes each request's own.
    var publicURL: String?
    var trustedProxies: TrustedProxies
    var allowsPlainHTTP: Bool
    /// The server's own TLS; nil is plain HTTP.
    var tls: TLSFiles?
    /// What this installation keeps: the private PostgreSQL, the indexes, the signing key.
    var dataDirectory: String
    /// A libpq URL; nil starts a private PostgreSQL under `dataDirectory`.
    var databaseURL: String?
    /// PostgreSQL's programs; nil is where `scripts/setup.sh` puts them.
    var postgresDirectory: String?
    var modelDirectory: String
    /// The demo organisation that `up` seeds an empty database with.
    var demoDirectory: String
    /// Signs sessions; nil makes one and keeps it under `dataDirectory` (`up` only).
    var secretKey: String?
    /// nil leaves it to the command: `up` is quiet, the others are not.
    var logLevel: Logger.Level?
    /// Triage jobs at a time in this process.
    var workers: Int
    var model: ModelServer?
    /// Which part of retrievals is checked against pgvector's exact answer.
    var crossCheckShare: Double
    /// How long a damaged index stays out of use before it is rebuilt.
    var indexRepairDelay: Duration
    /// Indexes that this process keeps open at a time, at most: two an organisation.
    var indexesOpenMax: Int
    var connections: ConnectionLimits
    /// How long a request's body may take to arrive, and the whole request to be answered.
    var requestTimes: RequestTimes
    /// How long requests and jobs under way may take to end after SIGTERM.
    var drainTime: Duration

    /// - Throws: `SettingError` naming the variable, what is wrong with it and what would be right.
    package init(environment: [String: String], configFile: String? = nil) throws {
        try self.init(SettingsReader(environment: environment, configFile: configFile))
    }

    package init(_ reader: SettingsReader) throws {
        host = try reader.required(.host)
        port = try reader.whole(.port)
        publicURL = try reader.text(.publicURL).map(Self.origin)
        do {
            trustedProxies = try TrustedProxies(try reader.text(.trustedProxies) ?? "")
        } catch let error as TrustedProxies.NoBlock {
            throw SettingError(
                variable: Setting.trustedProxies.name, problem: "has “\(error.text)”",
                remedy: "use addresses or CIDR blocks with commas between, e.g. 10.0.0.0/8, ::1")
        }
        allowsPlainHTTP = try reader.flag(.allowPlainHTTP)
        tls = try Self.tls(reader)
        dataDirectory = try reader.required(.dataDirectory)
        databaseURL = try reader.text(.databaseURL)
        postgresDirectory = try reader.text(.postgresDirectory)
        modelDirectory = try reader.required(.modelDirectory)
        demoDirectory = try reader.required(.demoDirectory)
        secretKey = try reader.text(.secretKey)
        if let secretKey { try SecretKeyRule.check(secretKey) }
        logLevel = try reader.choice(.logLevel).flatMap { Logger.Level(rawValue: $0) }
        workers = try reader.whole(.workers)
        model = try Self.model(reader)
        crossCheckShare = try reader.number(.crossCheckShare)
        indexRepairDelay = try reader.seconds(.indexRepairSeconds)
        indexesOpenMax = try reader.whole(.indexesOpenMax)
        connections = ConnectionLimits(
            connectionsMax: try reader.whole(.connectionsMax), headArrival: try reader.seconds(.headSeconds),
            idle: try reader.seconds(.idleSeconds))
        requestTimes = RequestTimes(
            bodyArrival: try reader.seconds(.bodySeconds), total: try reader.seconds(.requestSeconds))
        drainTime = try reader.seconds(.drainSeconds)
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
                variable: Setting.databaseURL.name, problem: "is missing",
                remedy: "set it to a libpq URL, or use “triage-server up”, which starts a database of its own")
        }
        return databaseURL
    }

    func requiredSecretKey() throws -> String {
        guard let secretKey else {
            throw SettingError(
                variable: Setting.secretKey.name, problem: "is missing", remedy: "make one with: openssl rand -hex 32")
        }
        return secretKey
    }

    private static func model(_ reader: SettingsReader) throws -> ModelServer? {
        guard let kind = try reader.choice(.model), let interface = ModelServer.Interface(rawValue: kind) else {
            return nil
        }
        guard let url = try reader.text(.modelURL), url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw SettingError(
                variable: Setting.modelURL.name, problem: "is missing or no http(s) URL",
                remedy: "set it to the model server, e.g. http://127.0.0.1:11434, or set NEXIFY_LLM=none")
        }
        guard let name = try reader.text(.modelName) else {
            throw SettingError(
                variable: Setting.modelName.name, problem: "is missing",
                remedy: "name the model that NEXIFY_LLM_URL serves, or set NEXIFY_LLM=none")
        }
        var server = ModelServer(
            interface: interface, baseURL: url, model: name, apiKey: try reader.text(.modelKey))
        server.deadline = try reader.seconds(.modelSeconds)
        return server
    }
}
