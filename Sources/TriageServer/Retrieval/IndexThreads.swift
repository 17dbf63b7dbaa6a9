import Dispatch

/// Threads for opening, building and extending indexes, which take processor and disk for milliseconds or minutes and
/// must not hold up the threads that serve requests. Large ones come one after another, and small ones do not wait for
/// them.
final class IndexThreads: Sendable {
    private let small = DispatchQueue(label: "nexify.index", qos: .userInitiated, attributes: .concurrent)
    private let large = DispatchQueue(label: "nexify.index.large", qos: .utility)

    func run<T: Sendable>(isLarge: Bool, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            (isLarge ? large : small).async { continuation.resume(with: Result { try body() }) }
        }
    }
}
