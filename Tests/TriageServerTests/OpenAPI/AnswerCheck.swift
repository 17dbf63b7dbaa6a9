import Foundation
import Testing
import Triage

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Holds every answer that any test gets against the server's own OpenAPI document: route, status, header fields,
/// content type and body. What does not fit is an issue of the test that got it.
enum AnswerCheck {
    private static let document = Document()

    /// - Parameter url: of the server that answered.
    static func hold(_ answer: InstalledSystem.Answer, to method: String, _ path: String, from url: String) async {
        // A server that a test has ended meanwhile tells nothing; all run the same program, so another one does.
        guard let description = try? await document.description(from: url) else { return }
        for violation in description.violations(of: answer, to: method, path) {
            Issue.record("\(method) \(path) → \(answer.status) is not as /api/schema/ says: \(violation)")
        }
    }

    static func description(from url: String) async throws -> APIDescription {
        try await document.description(from: url)
    }

    /// Read once a test process.
    private actor Document {
        private var known: APIDescription?

        func description(from url: String) async throws -> APIDescription {
            if let known { return known }
            guard let address = URL(string: url + "/api/schema/") else {
                throw InstalledSystem.Failure(description: "\(url) is no address")
            }
            let (data, response) = try await URLSession.shared.data(from: address)
            guard (response as? HTTPURLResponse)?.statusCode == 200 else {
                Issue.record("/api/schema/ answers \(response)")
                throw InstalledSystem.Failure(description: "/api/schema/ answers \(response)")
            }
            let description = APIDescription(json: try JSONDecoder().decode(JSONValue.self, from: data))
            known = description
            return description
        }
    }
}
