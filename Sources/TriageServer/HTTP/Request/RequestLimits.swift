/// How much of a request this server takes.
package enum RequestLimits {
    /// Bodies of every route but documents.
    package static let bodyBytesMax = 2 << 20
    /// A document of 1,000,000 characters takes up to 4,000,000 bytes of UTF-8, and up to half as much again when
    /// its characters are escaped; what is larger is better imported by the command line.
    package static let documentBodyBytesMax = 13 << 20
    /// How long the whole body may take to arrive.
    package static let bodyArrival = Duration.seconds(30)
    /// A token or key in a header.
    package static let credentialBytesMax = 8192
    package static let queryBytesMax = 8192
    package static let idempotencyKeyCharactersMax = 80
}
