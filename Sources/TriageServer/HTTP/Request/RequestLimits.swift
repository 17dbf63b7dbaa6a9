/// How much of a request this server takes.
package enum RequestLimits {
    /// Bodies of every route but documents: a ticket of 100,000 characters takes 12 bytes for each that is escaped as a
    /// surrogate pair.
    package static let bodyBytesMax = 2 << 20
    /// A document of 1,000,000 characters, likewise.
    package static let documentBodyBytesMax = 13 << 20
    /// How long the whole body may take to arrive.
    package static let bodyArrival = Duration.seconds(30)
    /// A token or key in a header.
    package static let credentialBytesMax = 8192
    package static let queryBytesMax = 8192
    package static let idempotencyKeyCharactersMax = 80
}
