import Glibc

/// The most memory that this process has had at once, in bytes: its own and the pages of files that it maps.
enum PeakMemory {
    static var bytes: Int {
        // Not getrusage's, which starts with what the process that started this one had.
        if let file = fopen("/proc/self/status", "r") {
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            while fgets(&line, CInt(line.count), file) != nil {
                let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                    .split { $0 == " " || $0 == "\t" || $0 == "\n" }
                if words.count == 3, words[0] == "VmHWM:", let kibibytes = Int(words[1]) { return kibibytes * 1024 }
            }
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
