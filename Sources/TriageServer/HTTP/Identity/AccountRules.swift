import Foundation
import Triage

/// What user names, passwords and the like must be. The rules and their messages are Django's, for people who know them.
package enum AccountRules {
    package enum Limits {
        package static let usernameCharactersMax = 150
        package static let passwordCharactersMin = 8
        package static let passwordCharactersMax = 1024
        package static let organizationNameCharactersMax = 200
    }

    /// One spelling for names that look the same (NFKC), without white space around it.
    package static func normalized(username: String) -> String {
        username.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCompatibilityMapping
    }

    /// - Returns: what is wrong with a normalised name; nil when nothing is.
    package static func fault(inUsername name: String) -> String? {
        if name.isEmpty { return "This field may not be blank." }
        if name.unicodeScalars.count > Limits.usernameCharactersMax {
            return "Ensure this value has at most \(Limits.usernameCharactersMax) characters."
        }
        guard name.unicodeScalars.allSatisfy({ isLetterOrNumber($0) || "@.+-_".unicodeScalars.contains($0) }) else {
            return
                "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
        }
        return nil
    }

    /// An empty one is allowed: nothing is ever sent to it.
    package static func fault(inEmail address: String) -> String? {
        address.isEmpty || EmailAddress.isValid(address) ? nil : BodyFields.Message.email
    }

    package static func fault(inOrganizationName name: String) -> String? {
        if name.isEmpty { return "This field may not be blank." }
        if name.unicodeScalars.count > Limits.organizationNameCharactersMax {
            return "Ensure this value has at most \(Limits.organizationNameCharactersMax) characters."
        }
        return nil
    }

    /// - Returns: everything that is wrong with it; empty when nothing is.
    package static func faults(inPassword password: String, of username: String) -> [String] {
        var faults: [String] = []
        let count = password.unicodeScalars.count
        if count < Limits.passwordCharactersMin {
            faults.append(
                "This password is too short. It must contain at least \(Limits.passwordCharactersMin) characters.")
        }
        if count > Limits.passwordCharactersMax {
            faults.append(
                "This password is too long. It may contain at most \(Limits.passwordCharactersMax) characters.")
        }
        if password.utf8.contains(0) { faults.append(BodyFields.Message.nullCharacters) }
        if !password.isEmpty, password.allSatisfy(\.isWhitespace) {
            faults.append("This password is only white space.")
        }
        if !password.isEmpty, password.unicodeScalars.allSatisfy({ $0.properties.generalCategory == .decimalNumber }) {
            faults.append("This password is entirely numeric.")
        }
        if password.lowercased() == username.lowercased() {
            faults.append("The password is too similar to the username.")
        }
        if commonPasswords.contains(password.lowercased()) { faults.append("This password is too common.") }
        return faults
    }

    private static func isLetterOrNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    /// The commonest that the other rules let pass, and the demo's.
    private static let commonPasswords: Set<String> = [
        "password", "password1", "password12", "password123", "password1234", "password!", "passw0rd", "p@ssw0rd",
        "p@ssword", "qwertyui", "qwertyuiop", "qwerty12", "qwerty123", "qwerty1234", "qwertz123", "asdfghjk",
        "asdfghjkl", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "zaq12wsx", "q1w2e3r4", "qazwsxedc", "abcd1234", "abc12345",
        "a1b2c3d4", "abcdefgh", "iloveyou", "sunshine", "princess", "football", "baseball", "basketball", "superman",
        "batman123", "trustno1", "starwars", "whatever", "computer", "internet", "michelle", "jennifer", "jordan23",
        "letmein1", "letmein123", "welcome1", "welcome123", "changeme", "changeme1", "changeme123", "changeit",
        "default1", "secret123", "admin123", "admin1234", "administrator", "superuser", "root1234", "test1234",
        "testtest", "aaaaaaaa", "xxxxxxxx", "nexify123", "nexify-demo",
    ]
}
