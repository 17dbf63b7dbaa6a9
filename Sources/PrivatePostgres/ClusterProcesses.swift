import Foundation

/// The processes of one cluster that run on this machine, known by the cluster's own random name.
///
/// The name is an argument of the server and in the title of each of its children ("postgres: nexify-…: checkpointer"),
/// and command lines can be read by everyone, also in a container that may not inspect processes otherwise.
struct ClusterProcesses: Sendable {
    var clusterName: String
    var account: uid_t

    /// Whether this process belongs to the cluster.
    func contains(_ processID: Int32) -> Bool {
        var info = stat()
        guard stat("/proc/\(processID)", &info) == 0, info.st_uid == account,
            let commandLine = FileManager.default.contents(atPath: "/proc/\(processID)/cmdline")
        else { return false }
        return String(decoding: commandLine, as: UTF8.self).contains(clusterName)
    }

    /// All of them; empty on a system without `/proc`.
    func running() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { contains($0) }.sorted()
    }
}
