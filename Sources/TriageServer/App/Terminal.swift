import Dispatch
import Foundation

/// The person at the terminal.
struct Terminal {
    /// The terminal went away, or Ctrl-D was typed, before everything was answered.
    struct Closed: Error, CustomStringConvertible {
        var description: String { "The input ended before everything was answered; nothing was made." }
    }

    /// Nil when standard input is no terminal.
    init?() {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
    }

    func say(_ line: String) { write(line + "\n") }

    /// - Throws: `Closed`.
    func ask(_ question: String) throws -> String {
        write(question)
        guard let line = readLine() else { throw Closed() }
        return line
    }

    /// The same, without showing what is typed. Ctrl-C puts the terminal right again before it ends the program.
    ///
    /// - Throws: `Closed`.
    func askHidden(_ question: String) throws -> String {
        var shown = termios()
        guard tcgetattr(STDIN_FILENO, &shown) == 0 else { throw Closed() }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        let interrupt = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupt.setEventHandler { [shown] in
            var shown = shown
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            exit(130)
        }
        signal(SIGINT, SIG_IGN)
        interrupt.resume()
        defer {
            interrupt.cancel()
            signal(SIGINT, SIG_DFL)
        }
        // Before the question, so that nothing typed early is shown.
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else { throw Closed() }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            write("\n")
        }
        return try ask(question)
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
