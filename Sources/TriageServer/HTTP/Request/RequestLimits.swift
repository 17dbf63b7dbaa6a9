/// How much of a request this server takes.
package enum RequestLimits {
    /// Bodies of every route but documents: a ticket of 100,000 characters takes 12 bytes for each that is escaped as a
    /// surrogate pair.
    package static let bodyBytesMax = 2 << 20
    /// A document of 1,000,000 characters, likewise.
    package static let documentBodyBytesMax = 13 << 20
    /// Bodies of sign-ins, from whoever sends them, and of triggers, which are held while a client waits.
    package static let smallBodyBytesMax = 64 << 10
    /// Texts of one page of documents.
    package static let pageTextBytesMax = 64 << 20
    /// A token or key in a header.
    package static let credentialBytesMax = 8192
    /// Path and query together.
    package static let targetBytesMax = 8192
    package static let idempotencyKeyCharactersMax = 80
}
