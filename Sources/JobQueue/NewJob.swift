/// Work to be done once, later, by whichever worker comes first.
public struct NewJob: Sendable {
    public var kind: JobKind
    public var organizationID: Int64?
    /// A JSON object of ids. No customer text, at most `payloadBytesMax`.
    public var payload: String
    /// How long it may not be claimed yet.
    public var runAfter: Duration
    /// Larger is more urgent.
    public var priority: Int16
    /// How often it may be begun before it is discarded, 1…100.
    public var attemptsMax: Int
    /// While a job of the same kind, organisation and key waits to be claimed, enqueuing another one only updates it
    /// (debouncing): the newer payload, the earlier time.
    public var uniqueKey: String?

    public static let payloadBytesMax = 8_192

    public init(
        kind: JobKind, organizationID: Int64? = nil, payload: String = "{}", runAfter: Duration = .zero,
        priority: Int16 = 0, attemptsMax: Int = 5, uniqueKey: String? = nil
    ) {
        self.kind = kind
        self.organizationID = organizationID
        self.payload = payload
        self.runAfter = runAfter
        self.priority = priority
        self.attemptsMax = attemptsMax
        self.uniqueKey = uniqueKey
    }
}
