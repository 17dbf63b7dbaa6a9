import FoundationEssentials
import Logging
import NIOCore
import Synchronization

/// Writes log lines as JSON objects, one a line: `time`, `level`, `logger`, `message`, then the metadata by name.
package struct JSONLogHandler: LogHandler {
    /// Where lines go, whole and one at a time.
    package final class Output: Sendable {
        package static let standardError = Output(descriptor: 2)

        private let descriptor: Int32
        private let turn = Mutex<Void>(())

        package init(descriptor: Int32) { self.descriptor = descriptor }

        func write(_ line: ByteBuffer) { turn.withLock { _ in StandardStream.write(line, to: descriptor) } }
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
        output.write(line)
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
