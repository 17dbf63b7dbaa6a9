/// The JSON that opens a safetensors file: which tensors there are, of what type and shape, and where.
///
/// A reader for exactly this form and no other JSON, because a foreign file must end in an error that names an offset
/// and never in anything else: bounded in length, count and depth, every number checked for overflow, duplicate and
/// unknown members refused.
///
/// Source: the format section of the safetensors README, version 0.4.
struct SafetensorsHeader {
    struct Entry: Equatable {
        var dtype: String
        var shape: [Int]
        /// Half open, relative to the end of the header.
        var offsets: Range<Int>
    }

    enum Limits {
        static let headerBytesMax = 1 << 20
        static let tensorsMax = 4096
        static let stringBytesMax = 4096
        static let rankMax = 8
    }

    /// What is wrong, and at which byte of the header.
    struct Malformed: Error {
        var problem: String
        var offset: Int
    }

    private(set) var entries: [String: Entry] = [:]

    init(json: UnsafeRawBufferPointer) throws(Malformed) {
        var reader = Reader(bytes: json)
        var names: Set<String> = []
        try reader.object { (reader, name) throws(Malformed) in
            guard names.insert(name).inserted else { throw reader.malformed("the name \(name) appears twice") }
            guard names.count <= Limits.tensorsMax else {
                throw reader.malformed("more than \(Limits.tensorsMax) tensors")
            }
            if name == "__metadata__" {
                try reader.object { (reader, _) throws(Malformed) in _ = try reader.string() }
            } else {
                entries[name] = try Self.entry(&reader)
            }
        }
        try reader.end()
    }

    private static func entry(_ reader: inout Reader) throws(Malformed) -> Entry {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try reader.object { (reader, member) throws(Malformed) in
            switch member {
            case "dtype" where dtype == nil: dtype = try reader.string()
            case "shape" where shape == nil: shape = try reader.integers(countMax: Limits.rankMax)
            case "data_offsets" where offsets == nil: offsets = try reader.integers(countMax: 2)
            default: throw reader.malformed("unexpected member \(member)")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
            throw reader.malformed("a tensor without dtype, shape or a valid pair of data_offsets")
        }
        return Entry(dtype: dtype, shape: shape, offsets: offsets[0]..<offsets[1])
    }
}

extension SafetensorsHeader {
    /// A cursor over the JSON's bytes.
    fileprivate struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        func malformed(_ problem: String) -> Malformed { Malformed(problem: problem, offset: position) }

        private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func skipSpace() {
            while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        /// Whether `byte` comes next; it is consumed if it does.
        private mutating func found(_ byte: UInt8) -> Bool {
            skipSpace()
            guard peek() == byte else { return false }
            position += 1
            return true
        }

        private mutating func expect(_ byte: UInt8) throws(Malformed) {
            guard found(byte) else {
                throw malformed("'\(Character(Unicode.Scalar(byte)))' expected")
            }
        }

        mutating func end() throws(Malformed) {
            skipSpace()
            guard position == bytes.count else { throw malformed("bytes after the closing brace") }
        }

        mutating func object(_ member: (inout Reader, String) throws(Malformed) -> Void) throws(Malformed) {
            try expect(UInt8(ascii: "{"))
            if found(UInt8(ascii: "}")) { return }
            repeat {
                let name = try string()
                try expect(UInt8(ascii: ":"))
                try member(&self, name)
            } while found(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        }

        mutating func integers(countMax: Int) throws(Malformed) -> [Int] {
            var values: [Int] = []
            try expect(UInt8(ascii: "["))
            if found(UInt8(ascii: "]")) { return values }
            repeat {
                guard values.count < countMax else { throw malformed("more than \(countMax) numbers in a list") }
                values.append(try integer())
            } while found(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
            return values
        }

        private mutating func integer() throws(Malformed) -> Int {
            skipSpace()
            let start = position
            var value = 0
            while let byte = peek(), byte >= 0x30, byte <= 0x39 {
                let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
                let (sum, exceeded) = tenfold.addingReportingOverflow(Int(byte - 0x30))
                guard !overflowed, !exceeded else { throw malformed("a number beyond 64 bits") }
                value = sum
                position += 1
            }
            guard position > start else { throw malformed("a whole number expected") }
            guard position == start + 1 || bytes[start] != 0x30 else { throw malformed("a number with a leading zero") }
            return value
        }

        mutating func string() throws(Malformed) -> String {
            try expect(UInt8(ascii: "\""))
            var utf8: [UInt8] = []
            while true {
                guard let byte = peek() else { throw malformed("a string without an end") }
                guard byte >= 0x20 else { throw malformed("a control character in a string") }
                guard utf8.count < Limits.stringBytesMax else {
                    throw malformed("a string beyond \(Limits.stringBytesMax) bytes")
                }
                position += 1
                if byte == UInt8(ascii: "\"") { break }
                if byte == UInt8(ascii: "\\") { try escape(into: &utf8) } else { utf8.append(byte) }
            }
            guard let text = String(validating: utf8, as: UTF8.self) else {
                throw malformed("a string that is not UTF-8")
            }
            return text
        }

        private mutating func escape(into utf8: inout [UInt8]) throws(Malformed) {
            guard let byte = peek() else { throw malformed("an escape without an end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): utf8.append(byte)
            case UInt8(ascii: "b"): utf8.append(0x08)
            case UInt8(ascii: "f"): utf8.append(0x0C)
            case UInt8(ascii: "n"): utf8.append(0x0A)
            case UInt8(ascii: "r"): utf8.append(0x0D)
            case UInt8(ascii: "t"): utf8.append(0x09)
            case UInt8(ascii: "u"):
                var units = [try hexadecimal()]
                if UTF16.isLeadSurrogate(units[0]) {
                    guard peek() == UInt8(ascii: "\\"), position + 1 < bytes.count,
                        bytes[position + 1] == UInt8(ascii: "u")
                    else { throw malformed("half of a surrogate pair") }
                    position += 2
                    units.append(try hexadecimal())
                }
                guard let text = String(validating: units, as: UTF16.self) else {
                    throw malformed("half of a surrogate pair")
                }
                utf8.append(contentsOf: text.utf8)
            default: throw malformed("an unknown escape")
            }
        }

        private mutating func hexadecimal() throws(Malformed) -> UInt16 {
            var value: UInt16 = 0
            for _ in 0..<4 {
                guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    throw malformed("four hexadecimal digits expected")
                }
                value = value << 4 | UInt16(digit)
                position += 1
            }
            return value
        }
    }
}
