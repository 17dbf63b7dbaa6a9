import CLibPQ
import Glibc

extension LibPQSession {
    /// Opens a session without blocking beyond the configuration's `connectTimeout` (but for the host name's look-up,
    /// which the C library does in its own time).
    static func open(
        _ configuration: PostgresConfiguration, wake: WakePipe, interruption: Interruption
    ) throws(PostgresError) -> LibPQSession {
        try validate(configuration.connectionString)
        // The connection string is the value of `dbname`, expanded; what precedes it yields to it, what follows wins.
        let settings: [(name: String, value: String)] = [
            ("tcp_user_timeout", String(configuration.deadPeerTimeout.milliseconds)),
            // A silent peer is asked after 30 s, and given up half a minute later.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("fallback_application_name", configuration.applicationName),
            ("dbname", configuration.connectionString),
            ("client_encoding", "UTF8"),
        ]
        let started = withCStrings(settings.map(\.name)) { names in
            withCStrings(settings.map(\.value)) { values in PQconnectStartParams(names, values, 1) }
        }
        guard let pq = started else {
            throw PostgresError(.connectionFailed, "libpq has no memory for another connection")
        }
        let session = LibPQSession(pq, wake: wake, statementsMax: configuration.preparedStatementsMax)
        let bounds = Bounds(configuration.connectTimeout, interruption, what: "connecting to the server")
        try session.finishConnecting(bounds)
        PQsetnonblocking(pq, 1)
        // The default would print the server's notices on stderr.
        PQsetNoticeReceiver(pq, { _, _ in }, nil)
        let limit = String(configuration.idleInTransactionTimeout.milliseconds)
        let lockLimit = String(configuration.lockTimeout?.milliseconds ?? 0)
        let initial: SQL =
            """
            SELECT set_config('idle_in_transaction_session_timeout', \(limit), false),
                   set_config('lock_timeout', \(lockLimit), false),
                   set_config('timezone', 'UTC', false)
            """
        _ = try session.run(initial, bounds)
        for (name, value) in configuration.settings {
            _ = try session.run("SELECT set_config(\(name), \(value), false)", bounds)
        }
        if let role = configuration.role { try session.take(role, bounds) }
        session.settle()
        return session
    }

    private func take(_ role: String, _ bounds: Bounds) throws(PostgresError) {
        do {
            _ = try run("SELECT set_config('role', \(role), false)", bounds)
        } catch {
            markBroken()
            throw PostgresError(
                .invalidConfiguration,
                "this user may not act as the role \(role); apply the migrations, and then: GRANT \(role) TO the user",
                sqlState: error.sqlState, cause: error)
        }
    }

    private func finishConnecting(_ bounds: Bounds) throws(PostgresError) {
        // libpq wants the first wait to be for writing.
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard PQstatus(pq) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else {
                markBroken()
                throw PostgresError(
                    .connectionFailed,
                    "no connection: \(lastComplaint); check that the server runs and takes connections")
            }
            _ = try wait(for: Int32(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), bounds)
            state = PQconnectPoll(pq)
        }
    }

    /// Checks the string's form first, since libpq's complaint about it would quote it, password and all.
    private static func validate(_ connectionString: String) throws(PostgresError) {
        let isConnectionString =
            connectionString.contains("=") || connectionString.hasPrefix("postgres://")
            || connectionString.hasPrefix("postgresql://")
        let options = isConnectionString ? PQconninfoParse(connectionString, nil) : nil
        defer { PQconninfoFree(options) }
        guard let options, namesPlace(options) else {
            throw PostgresError(
                .invalidConfiguration,
                "malformed connection string; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, percent-encoded"
            )
        }
    }

    /// Whether host and port look like ones: an unencoded `@` or `:` in a password ends up in them.
    private static func namesPlace(_ options: UnsafeMutablePointer<PQconninfoOption>) -> Bool {
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val.map({ String(cString: $0) }) {
                switch String(cString: keyword) {
                case "host" where value.contains("@") && !value.hasPrefix("/") && !value.hasPrefix("@"): return false
                case "port" where !value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }:
                    return false
                default: break
                }
            }
            option += 1
        }
        return true
    }

    /// Calls with a NULL-ended array of C strings.
    private static func withCStrings<Value>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
