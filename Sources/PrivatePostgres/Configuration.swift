import Foundation

extension PrivatePostgres {
    /// What a private PostgreSQL needs to know before it starts.
    public struct Configuration: Sendable {
        /// The directory with PostgreSQL's bin, lib and share.
        public var binariesDirectory: String
        /// The directory whose subdirectory `postgres` is ours; made when missing.
        public var dataDirectory: String
        /// Where clusters go whose data directory the server's account cannot enter (only when we are root).
        public var relocationDirectory: String
        /// Answer on 127.0.0.1 at this port too; nil: on the Unix socket only.
        public var loopbackPort: Int?
        /// Server settings by name, over our own, e.g. `["fsync": "off"]`.
        public var settings: [String: String]
        /// How long the server may take until it answers, crash recovery included.
        public var startTimeout: Duration
        /// How long an orderly stop may take before the server is told to stop at once.
        public var stopTimeout: Duration

        public init(
            binariesDirectory: String = Self.defaultBinariesDirectory(),
            dataDirectory: String,
            relocationDirectory: String = "/var/lib/nexify",
            loopbackPort: Int? = nil,
            settings: [String: String] = [:],
            startTimeout: Duration = .seconds(60),
            stopTimeout: Duration = .seconds(30)
        ) {
            self.binariesDirectory = binariesDirectory
            self.dataDirectory = dataDirectory
            self.relocationDirectory = relocationDirectory
            self.loopbackPort = loopbackPort
            self.settings = settings
            self.startTimeout = startTimeout
            self.stopTimeout = stopTimeout
        }

        /// `NEXIFY_POSTGRES_DIR`, or where `scripts/setup.sh` puts it: under `NEXIFY_PARTS_DIR`, or `.nexify/parts` of
        /// the working directory.
        public static func defaultBinariesDirectory(
            environment: [String: String] = ProcessInfo.processInfo.environment
        ) -> String {
            if let directory = environment["NEXIFY_POSTGRES_DIR"], !directory.isEmpty { return directory }
            if let parts = environment["NEXIFY_PARTS_DIR"], !parts.isEmpty { return "\(parts)/postgresql" }
            return ".nexify/parts/postgresql"
        }
    }
}
