import Foundation

/// Asks at the terminal for what makes a superuser, again and again until it is right.
struct SuperuserQuestions {
    let given: SuperuserAnswers
    let users: UserStore
    private let terminal: Terminal

    /// - Throws: when there is no terminal to ask at.
    init(given: SuperuserAnswers, users: UserStore) throws {
        guard let terminal = Terminal() else {
            throw SuperuserError(
                description: "Standard input is no terminal. Run this on one, or use --noinput and the environment "
                    + "(see triage-server createsuperuser --help).")
        }
        self.terminal = terminal
        self.given = given
        self.users = users
    }

    /// - Throws: `Terminal.Closed`, or when the database does not answer.
    func ask() async throws -> NewSuperuser {
        let username = try await username()
        let email = try answer(given.email, "Email address: ", AccountRules.fault(inEmail:))
        let password = try password(of: username)
        let organization = try answer(
            given.organization, "Organization: ", AccountRules.fault(inOrganizationName:))
        return NewSuperuser(username: username, email: email, password: password, organization: organization)
    }

    private func username() async throws -> String {
        var candidate = given.username
        while true {
            let name = AccountRules.normalized(username: try candidate ?? terminal.ask("Username: "))
            candidate = nil
            if let fault = AccountRules.fault(inUsername: name) {
                terminal.say("Error: \(fault)")
            } else if try await users.isTaken(name) {
                terminal.say("Error: \(SuperuserError.taken)")
            } else {
                return name
            }
        }
    }

    private func password(of username: String) throws -> String {
        while true {
            let password = try terminal.askHidden("Password: ")
            // Before it is typed again.
            let faults = AccountRules.faults(inPassword: password, of: username)
            if !faults.isEmpty {
                for fault in faults { terminal.say("Error: \(fault)") }
            } else if try terminal.askHidden("Password (again): ") != password {
                terminal.say("Error: Your passwords didn't match.")
            } else {
                return password
            }
        }
    }

    private func answer(_ given: String?, _ question: String, _ fault: (String) -> String?) throws -> String {
        var candidate = given
        while true {
            let text = try (candidate ?? terminal.ask(question)).trimmingCharacters(in: .whitespacesAndNewlines)
            candidate = nil
            guard let fault = fault(text) else { return text }
            terminal.say("Error: \(fault)")
        }
    }
}
