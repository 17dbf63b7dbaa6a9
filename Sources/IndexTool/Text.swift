/// Numbers as people read them; the same everywhere, whatever the locale.
enum Text {
    /// - Parameter decimals: at most 9.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e9, decimals <= 9 else { return "\(value)" }
        let factor = (0..<decimals).reduce(1) { product, _ in product * 10 }
        let scaled = Int((abs(value) * Double(factor)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let fraction = "\(scaled % factor)"
        return "\(sign)\(scaled / factor)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    static func grouped(_ value: Int) -> String {
        let digits = Array("\(abs(value))")
        var out = value < 0 ? "-" : ""
        for (i, digit) in digits.enumerated() {
            if i > 0, (digits.count - i) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return out
    }

    /// To the nearest whole number.
    static func grouped(_ value: Double) -> String { grouped(Int(value.rounded())) }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// A span that someone waits for: "8 s", "3 min", "2.5 h".
    static func span(_ seconds: Double) -> String {
        seconds < 100 ? "\(fixed(seconds, 0)) s" : seconds < 6_000 ? "\(fixed(seconds / 60, 0)) min" : "\(fixed(seconds / 3_600, 1)) h"
    }

    static func mebibytes(_ bytes: Int) -> String { "\(grouped(Double(bytes) / 1_048_576)) MiB" }
}
