import CBLAS
import Testing
import VectorIndex

@Suite("CRC32C")
struct ChecksumTests {
    @Test("the check value of RFC 3720, by instruction and by table")
    func knownAnswer() {
        let text = Array("123456789".utf8)
        #expect(nx_crc32c(0, text, text.count) == 0xE306_9283)
        #expect(nx_crc32c_software(0, text, text.count) == 0xE306_9283)
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(nx_crc32c(0, zeros, 32) == 0x8A91_36AA)
    }

    @Test("instruction, table, pieces and combination agree at lengths around the interleaved blocks")
    func agreement() {
        var random = SplitMix64(seed: 21)
        let bytes = (0..<40_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for length in [0, 1, 7, 8, 9, 4095, 12_287, 12_288, 12_289, 24_576, 30_001, 40_000] {
            let whole = nx_crc32c(0, bytes, length)
            #expect(whole == nx_crc32c_software(0, bytes, length), "length \(length)")
            let cut = random.next(below: length + 1)
            bytes.withUnsafeBufferPointer { buffer in
                let base = buffer.baseAddress!
                let first = nx_crc32c(0, base, cut)
                #expect(nx_crc32c(first, base + cut, length - cut) == whole)
                let second = nx_crc32c(0, base + cut, length - cut)
                #expect(nx_crc32c_combine(first, second, UInt64(length - cut)) == whole)
            }
        }
    }
}
