import FoundationEssentials

/// Times of the contract: `2026-11-19T08:15:30.123456Z` out; ISO 8601 dates and times with any offset in.
///
/// Own arithmetic instead of a formatter, because a list of a hundred tickets writes two hundred times. Days and civil
/// dates: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
package enum ISO8601 {
    /// - Precondition: within the years 0 to 9999.
    package static func write(_ date: Date, to bytes: inout [UInt8]) {
        let microseconds = Int64((date.timeIntervalSince1970 * 1e6).rounded())
        let (second, fraction) = floorDivided(microseconds, by: 1_000_000)
        let (day, secondOfDay) = floorDivided(second, by: 86_400)
        let (year, month, dayOfMonth) = civil(fromDay: day)
        digits(year, 4, &bytes)
        bytes.append(UInt8(ascii: "-"))
        digits(month, 2, &bytes)
        bytes.append(UInt8(ascii: "-"))
        digits(dayOfMonth, 2, &bytes)
        bytes.append(UInt8(ascii: "T"))
        digits(secondOfDay / 3600, 2, &bytes)
        bytes.append(UInt8(ascii: ":"))
        digits(secondOfDay / 60 % 60, 2, &bytes)
        bytes.append(UInt8(ascii: ":"))
        digits(secondOfDay % 60, 2, &bytes)
        bytes.append(UInt8(ascii: "."))
        digits(fraction, 6, &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    package static func text(_ date: Date) -> String {
        var bytes: [UInt8] = []
        write(date, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads `YYYY-MM-DD`, optionally with `T` or a space and `HH:MM[:SS[.f…]]` and `Z` or `±HH[:]MM`. Without an
    /// offset it is UTC. A space where the sign of an offset belongs is a `+` that a query string has decoded.
    ///
    /// - Returns: nil for anything else, impossible dates included.
    package static func date(_ text: String) -> Date? {
        var reader = Reader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), year >= 1, (1...12).contains(month),
            (1...daysIn(month: month, of: year)).contains(day)
        else { return nil }
        var seconds = daysFromCivil(year, month, day) * 86_400
        var fraction = 0.0
        if reader.take("T") || reader.take("t") || reader.take(" ") {
            guard let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if reader.take(":") {
                guard let second = reader.number(2), second < 60 else { return nil }
                seconds += second
                if reader.take(".") || reader.take(",") {
                    guard let part = reader.fraction() else { return nil }
                    fraction = part
                }
            }
            if !reader.take("Z") && !reader.take("z") && !reader.isAtEnd {
                let isWest = reader.take("-")
                guard isWest || reader.take("+") || reader.take(" "), let hours = reader.number(2), hours < 24 else {
                    return nil
                }
                _ = reader.take(":")
                guard let minutes = reader.isAtEnd ? 0 : reader.number(2), minutes < 60 else { return nil }
                seconds -= (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
            }
        }
        guard reader.isAtEnd else { return nil }
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }
}

extension ISO8601 {
    /// Takes fixed numbers of ASCII digits and single characters off the front of a text.
    private struct Reader {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = Substring(text).utf8 }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func number(_ count: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<count {
                guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
                rest = rest.dropFirst()
            }
            return value
        }

        mutating func fraction() -> Double? {
            var value = 0.0
            var unit = 0.1
            var count = 0
            while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                value += Double(byte - UInt8(ascii: "0")) * unit
                unit /= 10
                count += 1
                rest = rest.dropFirst()
            }
            return (1...9).contains(count) ? value : nil
        }
    }

    private static func digits(_ value: Int64, _ count: Int, _ bytes: inout [UInt8]) {
        var unit: Int64 = 1
        for _ in 1..<count { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / unit % 10))
            unit /= 10
        }
    }

    private static func floorDivided(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// - Parameter day: days since 1970-01-01.
    private static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivided(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivided(shifted, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func daysIn(month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
