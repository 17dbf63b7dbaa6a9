/// Lets a test fail, or end, the process before any call that writes or opens an index.
///
/// A task-local value, so that a test's faults are those of its own thread: builds of other tests go on. A class, because
/// the compiler (Swift 6.3.1) makes a task-local function one that crashes when it is set.
package final class SystemFault: Sendable {
    /// Programs never set it.
    @TaskLocal package static var injected: SystemFault?

    private let decide: @Sendable (_ call: String) -> CInt?

    /// - Parameter decide: asked before each call with the call's name, and answers with the error number to fail with;
    ///   nil lets the call happen.
    package init(_ decide: @escaping @Sendable (_ call: String) -> CInt?) { self.decide = decide }

    static func before(_ call: String) throws(System.Failure) {
        guard let number = injected?.decide(call) else { return }
        throw System.Failure(number: number, call: call)
    }
}
