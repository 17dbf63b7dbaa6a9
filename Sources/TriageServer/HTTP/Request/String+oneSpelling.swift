import Foundation

extension String {
    /// One spelling for names that are written alike: an accented letter is one Unicode scalar where there is one (NFC).
    ///
    /// Unlike user names (NFKC, `AccountRules`) they are shown as they were given, so what merely resembles another, such as
    /// "²" and "2", stays apart.
    package var inOneSpelling: String {
        utf8.allSatisfy { $0 < 0x80 } ? self : precomposedStringWithCanonicalMapping
    }
}
