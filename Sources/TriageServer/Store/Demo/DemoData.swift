import Foundation
import Triage

/// The demo organisation as it lies in `data/`: see its README for the fields.
struct DemoData: Sendable {
    struct Organization: Decodable, Sendable {
        struct Team: Decodable, Sendable {
            var name: String
            var description: String
        }

        struct Rule: Decodable, Sendable {
            var keywords: [String]
            var team: String?
            var priority: Triage.Ticket.Priority?
        }

        struct User: Decodable, Sendable {
            var username: String
            var email: String
            var firstName: String
            var lastName: String
            var role: Role

            enum CodingKeys: String, CodingKey {
                case username, email, role
                case firstName = "first_name"
                case lastName = "last_name"
            }
        }

        var name: String
        var teams: [Team]
        var rules: [Rule]
        var users: [User]
    }

    struct Document: Sendable {
        var title: String
        var text: String
        /// For the document's metadata.
        var file: String
    }

    struct Ticket: Decodable, Sendable {
        var ref: String
        var requesterEmail: String
        var subject: String
        var body: String
        var language: String
        var team: String
        var priority: Triage.Ticket.Priority
        var status: Triage.Ticket.Status
        var createdAt: Date

        enum CodingKeys: String, CodingKey {
            case ref, subject, body, language, team, priority, status
            case requesterEmail = "requester_email"
            case createdAt = "created_at"
        }
    }

    var organization: Organization
    var documents: [Document]
    /// Oldest first.
    var tickets: [Ticket]

    /// - Throws: `DemoDataError` naming the file and, in tickets.jsonl, the line.
    init(directory: String) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        func contents(_ name: String) throws -> Data {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                throw DemoDataError(
                    file: "\(directory)/\(name)", problem: "is missing",
                    remedy: "run from the clone's top folder, or set NEXIFY_DEMO_DIR")
            }
            return data
        }
        func decode<T: Decodable>(_ type: T.Type, _ data: Data, _ place: String) throws -> T {
            do {
                return try decoder.decode(type, from: data)
            } catch {
                throw DemoDataError(
                    file: "\(directory)/\(place)", problem: "cannot be read: \(error)", remedy: "mend it")
            }
        }
        organization = try decode(Organization.self, try contents("organization.json"), "organization.json")
        let folder = "\(directory)/knowledge-base"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".md") }.sorted()
        documents = try names.map { name in
            let text = String(decoding: try contents("knowledge-base/\(name)"), as: UTF8.self)
            guard let heading = text.split(separator: "\n").first, heading.hasPrefix("# ") else {
                throw DemoDataError(
                    file: "\(folder)/\(name)", problem: "does not begin with “# Title”", remedy: "give it a title")
            }
            return Document(title: String(heading.dropFirst(2)), text: text, file: name)
        }
        let lines = try contents("tickets.jsonl").split(separator: UInt8(ascii: "\n"))
        tickets = try lines.enumerated()
            .map { try decode(Ticket.self, Data($1), "tickets.jsonl, line \($0 + 1)") }
            .sorted { $0.createdAt < $1.createdAt }
    }
}

/// A file of the demo data that cannot be used.
struct DemoDataError: Error, CustomStringConvertible {
    var file: String
    var problem: String
    var remedy: String

    var description: String { "demo data: \(file) \(problem); \(remedy)" }
}
