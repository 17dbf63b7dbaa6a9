/// Reads the binary form of `numeric`, which aggregates such as `sum` and `avg` return.
///
///     OFFSET  SIZE  DESCRIPTION
///     0       2     number of digits, in base 10,000
///     2       2     weight of the first digit: it counts 10,000^weight
///     4       2     sign: 0x0000 plus, 0x4000 minus, 0xC000 NaN, 0xD000 and 0xF000 infinities
///     6       2     digits after the decimal point to display
///     8       2·n   digits, most significant first
struct PostgresNumeric {
    private var digits: [Int]
    private var weight: Int
    private var isNegative: Bool

    /// nil for NaN, infinities and malformed bytes.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 8 else { return nil }
        let count = Int(bytes.bigEndian(UInt16.self, at: 0))
        let sign = bytes.bigEndian(UInt16.self, at: 4)
        guard bytes.byteCount == 8 + 2 * count, sign == 0 || sign == 0x4000 else { return nil }
        weight = Int(bytes.bigEndian(Int16.self, at: 2))
        isNegative = sign == 0x4000
        digits = []
        for position in 0..<count { digits.append(Int(bytes.bigEndian(Int16.self, at: 8 + 2 * position))) }
    }

    /// The value when it is a whole number that fits.
    var whole: Int64? {
        var value: Int64 = 0
        guard weight < 5 else { return digits.isEmpty ? 0 : nil }
        for position in 0..<max(digits.count, weight + 1) {
            let digit = position < digits.count ? digits[position] : 0
            if position > weight {
                guard digit == 0 else { return nil }
                continue
            }
            let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, carried) = scaled.addingReportingOverflow(Int64(isNegative ? -digit : digit))
            guard !tooLarge, !carried else { return nil }
            value = sum
        }
        return value
    }

    /// The nearest `Double`, by way of the decimal text, whose reading rounds correctly.
    var double: Double {
        var text = isNegative ? "-0" : "0"
        for digit in digits {
            let padded = String(digit)
            text += String(repeating: "0", count: 4 - padded.count) + padded
        }
        return Double("\(text)e\((weight - digits.count + 1) * 4)") ?? .nan
    }
}
