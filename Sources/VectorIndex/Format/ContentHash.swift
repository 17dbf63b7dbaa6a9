import CBLAS

/// The name of a file's content: the SHA-256 of its pieces' SHA-256s, so that several threads can compute it.
///
/// Every section is cut into pieces of 1 MiB (its last one may be shorter); the digests follow each other in file order, and the first
/// page, with hash and checksum as zeros, is the last piece.
struct ContentHash {
    static let pieceBytes = 1 << 20
    private var digests: [UInt8] = []
    private var piece: [UInt8] = []

    /// Goes on with a section.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(Self.pieceBytes - piece.count)
            piece.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            if piece.count == Self.pieceBytes { endPiece() }
        }
    }

    mutating func endSection() {
        if !piece.isEmpty { endPiece() }
    }

    private mutating func endPiece() {
        digests += piece.withUnsafeBytes { Self.digest($0) }
        piece.removeAll(keepingCapacity: true)
    }

    /// - Parameter page: the first page, with hash and checksum as zeros.
    func finished(_ page: HeaderPage) -> [UInt8] {
        let all = digests + page.bytes.withUnsafeBytes { Self.digest($0) }
        return all.withUnsafeBytes { Self.digest($0) }
    }

    /// The hash of finished sections, by several threads.
    static func of(_ sections: [UnsafeRawBufferPointer], page: HeaderPage, threads: Int) -> [UInt8] {
        let pieces = sections.flatMap { section in
            stride(from: 0, to: section.count, by: pieceBytes).map { start in
                UnsafeRawBufferPointer(rebasing: section[start..<min(start + pieceBytes, section.count)])
            }
        }
        let digests = AlignedBuffer<UInt8>(count: 32 * pieces.count)
        Workers(threads: threads).run(count: pieces.count, chunk: 1) { _, range in
            for i in range { nexify_sha256(pieces[i].baseAddress, pieces[i].count, digests.base + 32 * i) }
        }
        var hash = ContentHash()
        hash.digests = Array(digests.bytes(count: 32 * pieces.count))
        return hash.finished(page)
    }

    private static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            nexify_sha256(bytes.baseAddress, bytes.count, digest.baseAddress)
            count = 32
        }
    }
}
