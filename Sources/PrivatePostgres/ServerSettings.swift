/// The server's configuration files, as text: ours for a small machine, the caller's over them.
struct ServerSettings: Sendable {
    var clusterName: String
    var socketDirectory: String
    var accessFile: String
    var loopbackPort: Int?
    /// Settings have come with versions; the server refuses those it does not know.
    var majorVersion: Int
    var overrides: [String: String]

    /// The socket's name needs a port even without TCP; its directory is private, so this one is always free.
    static let socketPort = 5432

    var port: Int { loopbackPort ?? Self.socketPort }

    /// The same settings give the same text, so that a running server can be told to have been started with them.
    var configurationText: String {
        var settings = [
            "cluster_name": clusterName,
            "unix_socket_directories": socketDirectory,
            "hba_file": accessFile,
            "listen_addresses": loopbackPort == nil ? "" : "127.0.0.1",
            "port": "\(port)",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            // A small machine, one application.
            "max_connections": "100",
            "shared_buffers": "64MB",
            "effective_cache_size": "512MB",
            "maintenance_work_mem": "64MB",
            "max_wal_size": "512MB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_logical_replication_workers": "0",
            "autovacuum_max_workers": "2",
            "huge_pages": "off",
            "jit": "off",
            // Parallel index builds want more /dev/shm than a container has by default (64 MB).
            "max_parallel_maintenance_workers": "0",
            // The log is for the operator: no statements and no values, which may be a customer's words.
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
            "log_line_prefix": "%m [%p] ",
            "log_checkpoints": "off",
        ]
        // Three worker processes less, for a database that fits in memory.
        if majorVersion >= 18 { settings["io_method"] = "sync" }
        settings.merge(overrides) { $1 }
        let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key) = \(Self.quoted($0.value))" }
        return "# Written by triage-server at every start; change nothing here.\n"
            + lines.joined(separator: "\n") + "\n"
    }

    /// Every connection gives the password, on the socket too: its directory may be shared by processes of `nobody`.
    static let accessText = """
        # Written by triage-server at every start; change nothing here.
        local all all scram-sha-256
        host all all 127.0.0.1/32 scram-sha-256
        host all all ::1/128 scram-sha-256

        """

    /// A value as postgresql.conf wants it: in quotes, with quotes and backslashes doubled.
    static func quoted(_ value: String) -> String {
        var quoted = "'"
        for character in value.unicodeScalars {
            switch character {
            case "'": quoted += "''"
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "'"
    }
}
