import CBLAS

/// Collects vectors and writes them as one snapshot file.
///
/// The same vectors, ids, parameters and seed give the same bytes, whatever the order of adding, the number of threads
/// and the processor. Memory: 4 bytes a dimension and vector; while linking, the rows and about 800 bytes a vector besides.
public struct SnapshotBuilder: Sendable {
    /// Of every vector.
    public let dimensions: Int
    /// How nearness will be measured.
    public let metric: Metric
    /// What the index is built with.
    public let parameters: BuildParameters
    private var ids: [UInt64] = []
    private var vectors: [Float] = []
    /// By id; ids without labels are left out.
    var labels: [UInt64: [Label]] = [:]

    /// An empty builder. What is wrong with dimensions or parameters is said by `write`.
    public init(dimensions: Int, metric: Metric, parameters: BuildParameters = BuildParameters()) {
        self.dimensions = dimensions
        self.metric = metric
        self.parameters = parameters
    }

    /// How many vectors were added.
    public var count: Int { ids.count }

    /// Makes room for so many vectors at once, so that adding them copies nothing twice.
    public mutating func reserveCapacity(_ count: Int) {
        ids.reserveCapacity(count)
        vectors.reserveCapacity(count * dimensions)
    }

    /// Adds a vector under an id of the caller's, with the labels that filters may ask for. Ids must differ; whether they do is seen by
    /// ``write(to:progress:)``. The memory is the caller's and is copied.
    public mutating func add(
        id: UInt64, vector: UnsafeBufferPointer<Float>, labels: [Label] = []
    ) throws(VectorIndexError) {
        for label in labels { try label.check() }
        guard ids.count < IndexFormat.nodesMax else {
            throw VectorIndexError(
                .tooLarge, "an index holds at most \(IndexFormat.nodesMax) vectors",
                remedy: "Split the data into several indexes.")
        }
        let length = try VectorCheck.length(of: vector, dimensions: dimensions, metric: metric)
        ids.append(id)
        if !labels.isEmpty { self.labels[id] = labels }
        if metric == .cosine {
            for value in vector { vectors.append(Float(Double(value) / length)) }
        } else {
            vectors.append(contentsOf: vector)
        }
    }

    /// Adds a vector that a snapshot holds as it is: checked, and of unit length under cosine.
    mutating func add(id: UInt64, stored vector: [Float], labels: [Label]) {
        precondition(vector.count == dimensions)
        ids.append(id)
        vectors += vector
        if !labels.isEmpty { self.labels[id] = labels }
    }

    /// Adds a vector under an id of the caller's, with the labels that filters may ask for. Ids must differ; whether they do is seen by
    /// ``write(to:progress:)``.
    public mutating func add(id: UInt64, vector: [Float], labels: [Label] = []) throws(VectorIndexError) {
        try vector.withUnsafeBufferPointer { vector throws(VectorIndexError) in
            try add(id: id, vector: vector, labels: labels)
        }
    }

    /// Builds the graph and puts the finished, verified file at `path`; a file that was there becomes
    /// `<path>.previous`.
    ///
    /// When it throws, what was at `path` is untouched.
    /// - Parameters:
    ///   - path: in a directory that exists; the file is written beside it and renamed.
    ///   - progress: called on this thread, now and then.
    /// - Returns: what the new file says about itself.
    @discardableResult
    public func write(
        to path: String, progress: (BuildProgress) -> Void = { _ in }
    ) throws(VectorIndexError) -> SnapshotInfo {
        guard (1...IndexFormat.dimensionsMax).contains(dimensions) else {
            throw VectorIndexError(
                .invalidParameter, "\(dimensions) dimensions are not allowed",
                remedy: "Use 1...\(IndexFormat.dimensionsMax).")
        }
        try parameters.check()
        let threads = parameters.threadsUsed
        var order = try NodeOrder(
            ids: ids, vectors: vectors, dimensions: dimensions, seed: parameters.seed, threads: threads)
        let graph =
            order.inputs.count > parameters.exactScanMax && !order.inputs.isEmpty
            ? try GraphBuilder(parameters: parameters, metric: metric, dimensions: dimensions).build(
                vectors, &order, progress) : nil
        return try install(vectors, order, graph, at: path, progress)
    }

    /// Writes what was built. - Parameter vectors: as the order's inputs count them.
    func install(
        _ vectors: [Float], _ order: NodeOrder, _ graph: BuiltGraph?, growth: Growth? = nil, at path: String,
        _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> SnapshotInfo {
        var file = try SnapshotFile(builder: self, order: order, graph: graph, growth: growth, path: path)
        try vectors.withUnsafeBufferPointer { vectors throws(VectorIndexError) in
            try file.write(vectors) { progress(BuildProgress(phase: .writing, done: $0, total: $1)) }
        }
        progress(BuildProgress(phase: .verifying, done: 0, total: 1))
        let info = try file.install()
        progress(BuildProgress(phase: .verifying, done: 1, total: 1))
        return info
    }
}

/// What vectors and queries must be.
enum VectorCheck {
    /// - Returns: the Euclidean length.
    static func length(
        of vector: UnsafeBufferPointer<Float>, dimensions: Int, metric: Metric
    ) throws(VectorIndexError) -> Double {
        guard vector.count == dimensions, let base = vector.baseAddress else {
            throw VectorIndexError(
                .dimensionMismatch, "the vector has \(vector.count) dimensions and the index \(dimensions)",
                remedy: "Use the model that the index was built with.")
        }
        guard nx_all_finite(base, dimensions) != 0 else {
            throw VectorIndexError(
                .notFinite, "the vector holds a value that is not a finite number",
                remedy: "Check what computed the vector.")
        }
        let length = nx_sum_of_squares(base, dimensions).squareRoot()
        guard length <= 1e18 else {
            throw VectorIndexError(.tooLarge, "the vector is longer than 1e18", remedy: "Scale the vectors down.")
        }
        guard metric != .cosine || length >= 1e-30 else {
            throw VectorIndexError(
                .zeroVector, "the vector is zero, which has no direction",
                remedy: "Leave it out, or use another metric.")
        }
        return length
    }
}
