/// What an index is built with. All of it that shapes the bytes is stored in the file.
public struct BuildParameters: Sendable, Equatable {
    /// Neighbours per node on level 0, a multiple of 32: that many are scored together.
    public var degree: Int
    /// Bits a coordinate of the neighbours' codes in a row, 1 or 2; nil chooses by the number of dimensions.
    public var neighborBits: Int?
    /// Neighbours per node on the upper levels (M).
    public var upperDegree: Int
    /// Width of the search that finds a new node's neighbours. Larger: better graph, slower build.
    public var efConstruction: Int
    /// The recall that searches aim for which do not say one.
    public var targetRecall: Double
    /// Indexes of at most this many different vectors have no graph and are scanned exactly.
    public var exactScanMax: Int
    /// Where the builder's random numbers come from: another seed gives another graph of the same quality.
    public var seed: UInt64
    /// Threads of the build; 0 means one per processor. Does not change the outcome.
    public var threads: Int
    /// Names the model that the vectors come from, at most 128 bytes.
    public var modelFingerprint: String
    /// The caller's high-water mark: what of its source this index has seen.
    public var sourceVersion: UInt64

    /// The defaults are those that `docs/BENCHMARKS.md` measures; what is not allowed is said by ``SnapshotBuilder/write(to:progress:)``.
    public init(
        degree: Int = 32, neighborBits: Int? = nil, upperDegree: Int = 16, efConstruction: Int = 160,
        targetRecall: Double = 0.98,
        exactScanMax: Int = 2_000,
        seed: UInt64 = 42, threads: Int = 0, modelFingerprint: String = "", sourceVersion: UInt64 = 0
    ) {
        self.degree = degree
        self.neighborBits = neighborBits
        self.upperDegree = upperDegree
        self.efConstruction = efConstruction
        self.targetRecall = targetRecall
        self.exactScanMax = exactScanMax
        self.seed = seed
        self.threads = threads
        self.modelFingerprint = modelFingerprint
        self.sourceVersion = sourceVersion
    }

    func check() throws(VectorIndexError) {
        func refuse(_ what: String, _ remedy: String) -> VectorIndexError {
            VectorIndexError(.invalidParameter, what, remedy: remedy)
        }
        guard (IndexFormat.blockSlots...IndexFormat.degreeMax).contains(degree), degree % IndexFormat.blockSlots == 0
        else {
            throw refuse(
                "degree \(degree) is not allowed",
                "Use a multiple of \(IndexFormat.blockSlots) up to \(IndexFormat.degreeMax).")
        }
        guard neighborBits.map({ 1...2 ~= $0 }) ?? true else {
            throw refuse("\(neighborBits ?? 0) bits a coordinate are not allowed", "Use 1 or 2.")
        }
        guard (4...IndexFormat.degreeMax).contains(upperDegree) else {
            throw refuse("upperDegree \(upperDegree) is not allowed", "Use 4...\(IndexFormat.degreeMax).")
        }
        guard (8...4096).contains(efConstruction) else {
            throw refuse("efConstruction \(efConstruction) is not allowed", "Use 8...4096.")
        }
        // The file keeps it in single precision.
        guard Float(targetRecall) > 0, targetRecall <= 1 else {
            throw refuse("targetRecall \(targetRecall) is not allowed", "Use a number above 0 and up to 1.")
        }
        guard (0...1_000_000).contains(exactScanMax) else {
            throw refuse("exactScanMax \(exactScanMax) is not allowed", "Use 0...1000000.")
        }
        guard modelFingerprint.utf8.count <= IndexFormat.fingerprintBytesMax, !modelFingerprint.utf8.contains(0) else {
            throw refuse(
                "the model fingerprint is too long", "Use at most \(IndexFormat.fingerprintBytesMax) bytes of text.")
        }
        guard (0...1024).contains(threads) else { throw refuse("\(threads) threads are not allowed", "Use 0...1024.") }
    }

    /// The levels above only lead to an entry.
    var upperEfConstruction: Int { min(efConstruction, 64) }

    var threadsUsed: Int { threads > 0 ? threads : System.processors }
}

/// How far a build is.
public struct BuildProgress: Sendable, Equatable {
    /// What the builder does, in this order; an index without a graph is only written and verified.
    public enum Phase: String, Sendable {
        /// Each vector becomes a code.
        case encoding
        /// Each node finds its neighbours; by far the longest.
        case linking
        /// Free slots are filled with neighbours that were passed over.
        case filling
        /// Vectors that were held back are searched for, to learn what recall costs, and then linked, too.
        case measuring
        /// The file is written beside its place.
        case writing
        /// The written file is read and checked, and gets its name.
        case verifying
    }

    /// What is being done.
    public var phase: Phase
    /// Of ``total`` steps of this phase.
    public var done: Int
    /// Steps of this phase.
    public var total: Int

    /// For tests of what shows it.
    public init(phase: Phase, done: Int, total: Int) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}
