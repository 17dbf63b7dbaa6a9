/// Whether a text is an e-mail address that a reply can be sent to: the dot-atom form of RFC 5321 with a dotted host
/// name, which is also what Django's forms accept. Quoted local parts and address literals are refused.
package enum EmailAddress {
    package static func isValid(_ text: String) -> Bool {
        guard text.unicodeScalars.count <= 254, let at = text.lastIndex(of: "@") else { return false }
        return isLocalPart(text[..<at]) && isHost(text[text.index(after: at)...])
    }

    private static let localMarks = Set("!#$%&'*+-/=?^_`{|}~".unicodeScalars)

    private static func isLocalPart(_ text: Substring) -> Bool {
        text.unicodeScalars.count <= 64
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty && atom.unicodeScalars.allSatisfy { isLetterOrDigit($0) || localMarks.contains($0) }
            }
    }

    private static func isHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let top = labels.last, top.unicodeScalars.count >= 2,
            !top.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) })
        else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.unicodeScalars.count <= 63 && label.first != "-" && label.last != "-"
                && label.unicodeScalars.allSatisfy {
                    isLetterOrDigit($0) || $0 == "-" || $0.value >= 0xA1 && $0.properties.isAlphabetic
                }
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}
