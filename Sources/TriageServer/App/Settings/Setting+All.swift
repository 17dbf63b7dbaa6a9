import Logging

extension Setting {
    /// The settings in the order in which they are told of.
    package static let all: [Setting] = [
        host, port, publicURL, trustedProxies, allowPlainHTTP, tlsCertificateFile, tlsPrivateKeyFile,
        dataDirectory, databaseURL, postgresDirectory, modelDirectory, demoDirectory, secretKey, workers,
        model, modelURL, modelName, modelKey, modelSeconds, crossCheckShare, indexRepairSeconds, indexesOpenMax,
        connectionsMax, headSeconds, bodySeconds, requestSeconds, idleSeconds, drainSeconds, logLevel, configFile,
    ]

    static let host = Setting("NEXIFY_HOST", .text, default: "127.0.0.1", "address to listen on")
    static let port = Setting(
        "NEXIFY_PORT", .whole(1...65_535), default: "8000", "port of the API and the console")
    static let publicURL = Setting(
        "NEXIFY_PUBLIC_URL", .url, note: "(Host)",
        "scheme and host of absolute links, e.g. https://triage.example.com")
    static let trustedProxies = Setting(
        "NEXIFY_TRUSTED_PROXIES", .text, "addresses or CIDR blocks whose X-Forwarded-* is believed, with commas between"
    )
    static let allowPlainHTTP = Setting(
        "NEXIFY_ALLOW_PLAIN_HTTP", .flag, default: "false", "serve beyond this machine without TLS; it ends in front")
    static let tlsCertificateFile = Setting(
        "NEXIFY_TLS_CERTIFICATE_FILE", .text, "PEM file: the certificate, then its chain; turns TLS on")
    static let tlsPrivateKeyFile = Setting("NEXIFY_TLS_PRIVATE_KEY_FILE", .text, "PEM file: the certificate's key")
    static let dataDirectory = Setting(
        "NEXIFY_DATA_DIR", .text, default: ".nexify", "private PostgreSQL, indexes, signing key")
    static let databaseURL = Setting(
        "DATABASE_URL", .secretURL, "libpq URL; without it “up” starts a private PostgreSQL")
    static let postgresDirectory = Setting(
        "NEXIFY_POSTGRES_DIR", .text, note: "(parts)", "PostgreSQL's programs; .nexify/parts/postgresql")
    static let modelDirectory = Setting(
        "NEXIFY_MODEL_DIR", .text, default: ".nexify/parts/models/all-MiniLM-L6-v2", "the embedding model")
    static let demoDirectory = Setting(
        "NEXIFY_DEMO_DIR", .text, default: "data", "demo organisation for an empty database")
    static let secretKey = Setting(
        "NEXIFY_SECRET_KEY", .secret, note: "(made)", "signs sessions, at least 32 bytes; “up” makes one")
    static let workers = Setting(
        "NEXIFY_WORKERS", .whole(1...64), default: "2", "triage jobs at a time in this process")
    static let model = Setting(
        "NEXIFY_LLM", .choice(["none", "ollama", "openai"]), default: "none", "none, ollama or openai")
    static let modelURL = Setting("NEXIFY_LLM_URL", .url, "e.g. http://127.0.0.1:11434")
    static let modelName = Setting("NEXIFY_LLM_MODEL", .text, "e.g. llama3.2")
    static let modelKey = Setting("NEXIFY_LLM_API_KEY", .secret, "sent as a bearer token")
    static let modelSeconds = Setting(
        "NEXIFY_LLM_TIMEOUT_SECONDS", .number(0.1...600), default: "30", "for one whole answer")
    static let crossCheckShare = Setting(
        "NEXIFY_CROSS_CHECK_SHARE", .number(0...1), default: "0.05",
        "part of the index's answers checked against pgvector, 0–1")
    static let indexRepairSeconds = Setting(
        "NEXIFY_INDEX_REPAIR_SECONDS", .number(0...86_400), default: "60",
        "how long a damaged index waits for its rebuild")
    static let indexesOpenMax = Setting(
        "NEXIFY_INDEX_OPEN_MAX", .whole(2...20_000), default: "512", "indexes open at a time, two an organisation")
    static let connectionsMax = Setting(
        "NEXIFY_CONNECTIONS_MAX", .whole(1...100_000), default: "10000",
        "connections at a time; more wait to be accepted")
    static let headSeconds = Setting(
        "NEXIFY_HEAD_SECONDS", .number(0.1...600), default: "15",
        "for a new connection's first request head to arrive")
    static let bodySeconds = Setting(
        "NEXIFY_BODY_SECONDS", .number(0.1...600), default: "30", "for a request's body to arrive")
    static let requestSeconds = Setting(
        "NEXIFY_REQUEST_SECONDS", .number(0.1...600), default: "60",
        "for a whole request but event streams; ?wait= ends a second before")
    static let idleSeconds = Setting(
        "NEXIFY_IDLE_SECONDS", .number(0.1...600), default: "60", "for a connection between two requests")
    static let drainSeconds = Setting(
        "NEXIFY_DRAIN_SECONDS", .number(1...600), default: "45",
        "for requests and jobs under way, after SIGTERM")
    static let logLevel = Setting(
        "NEXIFY_LOG_LEVEL", .choice(Logger.Level.allCases.map(\.rawValue)), note: "(by command)",
        "trace, debug, info, notice, warning, error or critical")
    static let configFile = Setting("NEXIFY_CONFIG_FILE", .text, "file of settings, as --config names one")
}
