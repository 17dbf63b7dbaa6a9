import Testing
import TriageServer

@Suite("What accounts must be")
struct AccountRulesTests {
    @Test(arguments: ["a", "jane.doe+test@example.com", "Ünïcode_42", "名前", String(repeating: "x", count: 150)])
    func goodUsernames(name: String) { #expect(AccountRules.fault(inUsername: name) == nil) }

    @Test(arguments: ["", "two words", "a/b", "semi;colon", "new\nline", "emoji🐎", String(repeating: "x", count: 151)])
    func badUsernames(name: String) { #expect(AccountRules.fault(inUsername: name) != nil) }

    @Test func usernamesHaveOneSpelling() {
        // A ligature, and the sign for angstrom.
        #expect(
            AccountRules.normalized(username: " \u{fb01}n\u{212b}\n").unicodeScalars.elementsEqual(
                "fin\u{c5}".unicodeScalars))
    }

    @Test(arguments: ["correct horse", "Tr0ub4dor&3", "ππππππππ", String(repeating: "x", count: 1024)])
    func goodPasswords(password: String) {
        #expect(AccountRules.faults(inPassword: password, of: "jane") == [])
    }

    @Test(arguments: [
        ("", "too short"), ("seven77", "too short"), ("12345678", "entirely numeric"), ("٣٤٥٦٧٨٩٠", "entirely numeric"),
        ("JaneDoe1", "similar to the username"), ("PassWord123", "too common"), ("nexify-demo", "too common"),
        ("        ", "only white space"), ("abc\u{0}defgh", "Null characters"),
        (String(repeating: "x", count: 1025), "too long"),
    ])
    func badPasswords(password: String, fault: String) {
        let faults = AccountRules.faults(inPassword: password, of: "janedoe1")
        #expect(faults.count == 1)
        #expect(faults.first?.contains(fault) == true, "\(faults)")
    }

    @Test func emailMayBeEmptyAndMustBeOneOtherwise() {
        #expect(AccountRules.fault(inEmail: "") == nil)
        #expect(AccountRules.fault(inEmail: "a@b.example") == nil)
        #expect(AccountRules.fault(inEmail: "a@b") != nil)
    }

    @Test func organizationNames() {
        #expect(AccountRules.fault(inOrganizationName: "Acme GmbH & Co. KG") == nil)
        #expect(AccountRules.fault(inOrganizationName: "") != nil)
        #expect(AccountRules.fault(inOrganizationName: String(repeating: "x", count: 201)) != nil)
    }
}
