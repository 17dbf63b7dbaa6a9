import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// A request's body that counts what is read of it: what a client says of its length may be anything.
struct CountedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// How much has been read so far.
    final class Count: Sendable {
        private let sum = Atomic<Int>(0)

        var bytes: Int { sum.load(ordering: .relaxed) }

        fileprivate func add(_ bytes: Int) { sum.wrappingAdd(bytes, ordering: .relaxed) }
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var parts: RequestBody.AsyncIterator
        fileprivate let count: Count

        mutating func next() async throws -> ByteBuffer? {
            guard let part = try await parts.next() else { return nil }
            count.add(part.readableBytes)
            return part
        }
    }

    private let body: RequestBody
    private let count: Count

    private init(_ body: RequestBody, _ count: Count) {
        self.body = body
        self.count = count
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: body.makeAsyncIterator(), count: count) }

    /// Has the request's body counted.
    ///
    /// - Returns: nil when it has none.
    static func count(_ request: inout Request) -> Count? {
        guard request.headers[.contentLength] != nil || request.headers[.transferEncoding] != nil else { return nil }
        let count = Count()
        request.body = RequestBody(asyncSequence: CountedBody(request.body, count))
        return count
    }
}
