import Foundation
import Testing
import TriageServer

@Suite("ISO 8601")
struct ISO8601Tests {
    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000000Z"),
        (951_827_696.123456, "2000-02-29T12:34:56.123456Z"),
        (-0.000001, "1969-12-31T23:59:59.999999Z"),
        (4_102_444_799.999999, "2099-12-31T23:59:59.999999Z"),
        (1_709_164_799, "2024-02-28T23:59:59.000000Z"),
    ])
    func writesMicrosecondsInUTC(_ seconds: Double, _ text: String) {
        #expect(ISO8601.text(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(arguments: [
        ("2024-02-29", 1_709_164_800.0),
        ("2024-02-29T00:00Z", 1_709_164_800),
        ("2024-02-29 00:00:00", 1_709_164_800),
        ("2024-02-29T02:00:00+02:00", 1_709_164_800),
        ("2024-02-29T02:00:00 02:00", 1_709_164_800),
        ("2024-02-28T19:30:00-0430", 1_709_164_800),
        ("2024-02-29T00:00:00.5Z", 1_709_164_800.5),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
    ])
    func reads(_ text: String, _ seconds: Double) {
        #expect(ISO8601.date(text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(arguments: [
        "", "today", "2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-1-1", "2024-01-01T24:00Z",
        "2024-01-01T10:60Z", "2024-01-01T10:00:60Z", "2024-01-01T", "2024-01-01T10", "2024-01-01T10:00:00.Z",
        "2024-01-01T10:00:00Zx", "2024-01-01T10:00:00+25:00", "0000-01-01", "2024-01-01T10:00:00.1234567890Z",
        "２０２４-01-01",
    ])
    func refuses(_ text: String) { #expect(ISO8601.date(text) == nil) }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: 0, to: 146_097, by: 1) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            if ISO8601.date(ISO8601.text(date)) != date { Issue.record("day \(day): \(ISO8601.text(date))") }
        }
    }
}
