import Logging
import Synchronization
import Triage

/// Who asks and whose data it is about, as far as the request has shown: for its log lines, which know it only in the end.
package final class RequestSubject: Sendable {
    private struct State {
        var user: UserID?
        var organization: OrganizationID?
    }

    private let state = Mutex(State())

    func note(user: UserID) { state.withLock { $0.user = user } }
    func note(organization: OrganizationID) { state.withLock { $0.organization = organization } }

    /// Ids alone.
    var metadata: Logger.Metadata {
        let state = state.withLock { $0 }
        var metadata: Logger.Metadata = [:]
        metadata["user"] = state.user.map { .stringConvertible($0.rawValue) }
        metadata["organization"] = state.organization.map { .stringConvertible($0.rawValue) }
        return metadata
    }
}
