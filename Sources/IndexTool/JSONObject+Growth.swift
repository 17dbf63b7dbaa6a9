import VectorIndex

extension JSONObject {
    /// How far a graph was extended; null where it was not.
    mutating func add(growth: Growth?) {
        guard let growth else { return addNull("growth") }
        var grown = JSONObject()
        grown.add("added", growth.added)
        grown.add("removed", growth.removed)
        grown.add("generations", growth.generations)
        add("growth", grown)
    }
}
