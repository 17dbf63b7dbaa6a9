/// What a running server says about itself in `postmaster.pid`.
///
/// Line by line (PostgreSQL's `miscadmin.h`): process id, data directory, start time, port, socket directory, listen
/// address, shared memory, status. A server that is starting has not written all of them yet.
struct PostmasterFile: Sendable, Equatable {
    enum Status: String, Sendable {
        case starting, stopping, ready, standby
    }

    var processID: Int32
    var clusterDirectory: String
    var port: Int?
    var socketDirectory: String?
    var status: Status?

    /// nil when the text does not begin with a process id (a file that was cut off by a crash).
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A negative number is a stand-alone backend's.
        guard let processID = Int32(lines[0]), processID != 0 else { return nil }
        self.processID = abs(processID)
        clusterDirectory = lines.count > 1 ? lines[1] : ""
        port = lines.count > 3 ? Int(lines[3]) : nil
        socketDirectory = lines.count > 4 && !lines[4].isEmpty ? lines[4] : nil
        status = lines.count > 7 ? Status(rawValue: lines[7].filter { $0 != " " }) : nil
    }

    static func read(cluster: String) throws(PrivatePostgresError) -> PostmasterFile? {
        try FileStep.read("\(cluster)/postmaster.pid").flatMap { PostmasterFile($0) }
    }
}
