import Dispatch
import Foundation
import Logging
import NIOCore
import Synchronization

/// Writes log lines as JSON objects, one a line: `time`, `level`, `logger`, `message`, then the metadata by name.
package struct JSONLogHandler: LogHandler {
    /// Where lines go, whole and in their order. A thread of its own writes them, a moment's lines at once, so that a slow
    /// disk or reader holds up no request, and many requests wake it once.
    package final class Output: Sendable {
        package static let standardError: Output = {
            let output = Output(descriptor: 2)
            atexit { Output.standardError.flush() }
            return output
        }()

        private struct State {
            var lines = ByteBuffer()
            /// Whether the lines' writing has been arranged.
            var isArranged = false
        }

        enum Limits {
            /// Lines that wait; beyond them whoever logs waits as well.
            static let waitingBytes = 4 << 20
            /// How long the first of a moment's lines waits for others.
            static let gathering = DispatchTimeInterval.milliseconds(10)
        }

        private let descriptor: Int32
        private let writer = DispatchQueue(label: "nexify.log")
        private let state = Mutex(State())

        package init(descriptor: Int32) { self.descriptor = descriptor }

        /// - Parameter isUrgent: returns when the line has been written.
        func write(_ line: ByteBuffer, isUrgent: Bool) {
            let (mustArrange, isFull) = state.withLock { state in
                state.lines.writeImmutableBuffer(line)
                defer { state.isArranged = true }
                return (!state.isArranged, state.lines.readableBytes > Limits.waitingBytes)
            }
            if isUrgent || isFull {
                flush()
            } else if mustArrange {
                writer.asyncAfter(deadline: .now() + Limits.gathering) { [self] in drain() }
            }
        }

        /// Returns when everything logged so far has been written.
        package func flush() { writer.sync { drain() } }

        private func drain() {
            let lines = state.withLock { state in
                let lines = state.lines
                state = State()
                return lines
            }
            if lines.readableBytes > 0 { StandardStream.write(lines, to: descriptor) }
        }
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: Output

    package init(label: String, level: Logger.Level = .info, output: Output = .standardError) {
        self.label = label
        logLevel = level
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let own = event.metadata { merged.merge(own) { _, new in new } }
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.field("time", Date())
            json.field("level", event.level.rawValue)
            json.field("logger", label)
            json.field("message", event.message.description)
            if let error = event.error { json.field("error", StoreAvailability.loggable(error)) }
            for (key, value) in merged.sorted(by: { $0.key < $1.key }) {
                json.key(Self.reserved.contains(key) ? "metadata_" + key : key)
                Self.write(value, to: &json)
            }
        }
        var line = json.buffer
        line.writeInteger(UInt8(ascii: "\n"))
        // What goes wrong may be the last thing that is said.
        output.write(line, isUrgent: event.level >= .error)
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    /// Numbers that were given as numbers stay numbers.
    private static func write(_ value: Logger.Metadata.Value, to json: inout JSONWriter) {
        switch value {
        case .string(let text): json.value(text)
        case .stringConvertible(let value as Int): json.value(value)
        case .stringConvertible(let value as Int64): json.value(value)
        case .stringConvertible(let value as Double): json.value(value)
        case .stringConvertible(let value as Bool): json.value(value)
        case .stringConvertible(let value): json.value(value.description)
        case .array(let values): json.array { json in for value in values { write(value, to: &json) } }
        case .dictionary(let members):
            json.object { json in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(key)
                    write(value, to: &json)
                }
            }
        }
    }
}
