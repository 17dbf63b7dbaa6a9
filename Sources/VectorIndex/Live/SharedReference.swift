import Synchronization

/// A reference that any number of threads copy without ever waiting, and that one at a time replaces.
///
/// Under a lock readers wait for the one that holds it, which may itself be waiting for a processor: measured with 8
/// threads on 2 processors, three searches of four gave up the processor at the lock, and now and then all of them for
/// 11 ms. Here a reader counts itself in at the place that is current, and takes what lies there if that is current
/// still; the writer fills the other place, makes it current, and empties the old one when nobody is counted in.
///
/// `@unchecked Sendable`: a place is written only while it is not current and no reader that found it current is
/// counted in. Reader: count in, then look what is current. Writer: change what is current, then look who is counted in. All
/// four are sequentially consistent, so that one of the two sees the other.
final class SharedReference<Value: AnyObject & Sendable>: @unchecked Sendable {
    private final class Place {
        let readers = Atomic(0)
        var value: Value?

        init(_ value: Value?) { self.value = value }
    }

    private let places: [Place]
    private let current = Atomic(0)

    init(_ value: Value) { places = [Place(value), Place(nil)] }

    /// What is current. - Complexity: O(1); once more for each replacement meanwhile.
    func copy() -> Value {
        while true {
            let at = current.load(ordering: .sequentiallyConsistent)
            let place = places[at]
            place.readers.wrappingAdd(1, ordering: .sequentiallyConsistent)
            defer { place.readers.wrappingSubtract(1, ordering: .releasing) }
            if current.load(ordering: .sequentiallyConsistent) == at, let value = place.value { return value }
        }
    }

    /// Puts another value in place; the old one is let go of before it returns. Waits for readers that are copying.
    ///
    /// - Precondition: one caller at a time.
    func replace(with value: Value) {
        let at = current.load(ordering: .relaxed)
        places[1 - at].value = value
        current.store(1 - at, ordering: .sequentiallyConsistent)
        while places[at].readers.load(ordering: .sequentiallyConsistent) != 0 { System.yield() }
        places[at].value = nil
    }
}
