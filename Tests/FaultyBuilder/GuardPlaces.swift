import CBLAS
import VectorIndex

/// As many guarded mappings as there are places for, without the mappings.
enum GuardPlaces {
    static func take(_ count: Int, beside path: String) {
        var places: [UnsafeMutablePointer<nx_mapping>] = []
        for i in 0..<count {
            // Addresses that nothing is at.
            guard let place = nx_mapping_guard(UnsafeRawPointer(bitPattern: 4_096 * (i + 1)), 4_096) else {
                fatalError("place \(i) of \(count)")
            }
            places.append(place)
        }
        let first = opening(of: path)
        nx_mapping_release(places.removeLast())
        print("\(first), \(opening(of: path))")
    }

    private static func opening(of path: String) -> String {
        do throws(VectorIndexError) {
            _ = try Snapshot(path: path)
            return "opened"
        } catch {
            return error.code.rawValue
        }
    }
}
