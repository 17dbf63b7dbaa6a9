/// What NOTIFY sent: a hint that something changed, with at most 8,000 bytes of text.
public struct PostgresNotification: Sendable, Hashable {
    public var channel: String
    public var payload: String

    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}
