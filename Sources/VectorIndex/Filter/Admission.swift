/// Which nodes a walk may answer with.
protocol Admission {
    /// Whether nobody need be asked.
    static var isForAll: Bool { get }
    func admits(_ node: UInt32) -> Bool
}

/// All of them: what asks is compiled away.
struct EveryNode: Admission {
    static var isForAll: Bool { true }
    @inline(__always)
    func admits(_ node: UInt32) -> Bool { true }
}

/// Those of a selection.
struct SelectedNodes: Admission {
    let nodes: BitSet
    static var isForAll: Bool { false }
    @inline(__always)
    func admits(_ node: UInt32) -> Bool { nodes.contains(Int(node)) }
}
