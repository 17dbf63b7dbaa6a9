import Foundation

/// What the command line says of a superuser.
struct SuperuserAnswers: Sendable {
    var username: String?
    var email: String?
    var organization: String?
}

/// Everything that makes a superuser, checked.
struct NewSuperuser: Sendable {
    var username: String
    var email: String
    var password: String
    var organization: String
}

/// No superuser can be made of what was given.
struct SuperuserError: Error, CustomStringConvertible {
    static let taken = "That username is already taken. Choose another."

    var description: String
}

extension NewSuperuser {
    /// From options, and for what they leave out from the environment.
    ///
    /// - Throws: `SettingError` for what is missing, `SuperuserError` naming the option or variable that is wrong, and why.
    init(_ given: SuperuserAnswers, environment: [String: String]) throws {
        func set(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        func value(
            _ option: String?, _ name: String, isRequired: Bool = true, _ fault: (String) -> String?
        ) throws -> String {
            let variable = "NEXIFY_SUPERUSER_\(name.uppercased())"
            guard let text = option ?? set(variable) else {
                if !isRequired { return "" }
                throw SettingError(
                    variable: variable, problem: "is missing", remedy: "set it, use --\(name), or leave out --noinput")
            }
            let trimmed =
                name == "username"
                ? AccountRules.normalized(username: text) : text.trimmingCharacters(in: .whitespacesAndNewlines)
            if let fault = fault(trimmed) {
                throw SuperuserError(description: "\(option == nil ? variable : "--\(name)"): \(fault)")
            }
            return trimmed
        }
        username = try value(given.username, "username", AccountRules.fault(inUsername:))
        email = try value(given.email, "email", isRequired: false, AccountRules.fault(inEmail:))
        organization = try value(given.organization, "organization", AccountRules.fault(inOrganizationName:))
        let fileVariable = "NEXIFY_SUPERUSER_PASSWORD_FILE"
        let fromFile = try set(fileVariable).map {
            try SettingsReader.secret(in: $0, variable: fileVariable, instead: "NEXIFY_SUPERUSER_PASSWORD")
        }
        guard let password = fromFile ?? set("NEXIFY_SUPERUSER_PASSWORD") else {
            throw SettingError(
                variable: "NEXIFY_SUPERUSER_PASSWORD", problem: "is missing",
                remedy: "set it, or NEXIFY_SUPERUSER_PASSWORD_FILE, or leave out --noinput")
        }
        let faults = AccountRules.faults(inPassword: password, of: username)
        guard faults.isEmpty else {
            throw SuperuserError(description: "NEXIFY_SUPERUSER_PASSWORD: \(faults.joined(separator: " "))")
        }
        self.password = password
    }
}
