import Glibc

/// Where errors and progress go, so that standard output holds results only.
enum StandardError {
    /// Writes the text as it is.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBufferPointer { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
