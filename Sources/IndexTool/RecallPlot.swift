import VectorIndex

/// Recall against queries a second, as a picture that stands for itself (SVG 1.1): the further up and right, the better.
struct RecallPlot {
    private let report: BenchReport
    private let x: PlotAxis
    private let y: PlotAxis

    private static let size = (width: 920.0, height: 580.0)
    private static let area = (left: 92.0, right: 884.0, top: 96.0, bottom: 504.0)

    private enum Color {
        static let paper = "#ffffff"
        static let edge = "#d0d7de"
        static let grid = "#e8ebef"
        static let ink = "#1f2328"
        static let muted = "#59636e"

        static func of(_ series: String) -> String {
            switch series {
            case "slack": "#0b62c4"
            case "efSearch": "#b35900"
            case "targetRecall": "#1a7f37"
            default: "#7a3fb0"
            }
        }
    }

    init(_ report: BenchReport) {
        self.report = report
        x = .recall(report.points.map(\.recall), from: Self.area.left, to: Self.area.right)
        y = .logarithmic(report.points.map(\.qps), from: Self.area.bottom, to: Self.area.top)
    }

    var svg: String {
        let (width, height) = (Self.number(Self.size.width), Self.number(Self.size.height))
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
            role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
            <title>\(Self.escaped("Recall and speed of \(name)"))</title>
            <rect x="0.5" y="0.5" width="\(Self.number(Self.size.width - 1))" height="\(Self.number(Self.size.height - 1))" \
            rx="8" fill="\(Color.paper)" stroke="\(Color.edge)"/>
            \((heading + grid + axisTitles + legend + series.flatMap(drawn)).joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: What stands around the curve

    private var name: String { report.path.split(separator: "/").last.map(String.init) ?? report.path }

    private var heading: [String] {
        let info = report.info
        let first = "Recall@\(report.k) and speed of \(name)"
        let second =
            "\(Text.grouped(info.count)) vectors of \(info.dimensions) dimensions, \(info.metric.name); "
            + "\(Text.grouped(report.queries)) queries, \(report.threads) thread\(report.threads == 1 ? "" : "s"), "
            + "one query at a time, \(report.simd)"
        return [
            Self.text(first, Self.area.left, 40, size: 19, color: Color.ink, weight: 600),
            Self.text(second, Self.area.left, 64, size: 13, color: Color.muted),
        ]
    }

    private var grid: [String] {
        let area = Self.area
        var out = x.ticks.flatMap { tick in
            [
                Self.line(x.place(tick), area.top, x.place(tick), area.bottom, Color.grid),
                Self.text(Self.recall(tick), x.place(tick), area.bottom + 20, anchor: "middle"),
            ]
        }
        out += y.ticks.flatMap { tick in
            [
                Self.line(area.left, y.place(tick), area.right, y.place(tick), Color.grid),
                Self.text(
                    tick < 10 ? Text.fixed(tick, 2) : Text.grouped(tick), area.left - 10, y.place(tick) + 4, anchor: "end"),
            ]
        }
        out.append(Self.line(area.left, area.bottom, area.right, area.bottom, Color.muted))
        out.append(Self.line(area.left, area.top, area.left, area.bottom, Color.muted))
        return out
    }

    private var axisTitles: [String] {
        let area = Self.area
        let middle = (area.top + area.bottom) / 2
        return [
            Self.text(
                "recall@\(report.k)", (area.left + area.right) / 2, area.bottom + 48, size: 14, color: Color.ink,
                anchor: "middle"),
            "<g transform=\"rotate(-90 28 \(Self.number(middle)))\">"
                + Self.text("queries a second", 28, middle, size: 14, color: Color.ink, anchor: "middle") + "</g>",
        ]
    }

    private var legend: [String] {
        series.enumerated().flatMap { i, series in
            let top = Self.area.top + 14 + 22 * Double(i)
            return [
                Self.circle(Self.area.right - 12, top, Color.of(series.name)),
                Self.text(series.label, Self.area.right - 24, top + 4, size: 13, color: Color.ink, anchor: "end"),
            ]
        }
    }

    // MARK: The curve

    private struct Series {
        var name: String
        var points: [BenchPoint]

        var label: String { name == "scan" ? "every vector compared" : "\(name), by each point" }
    }

    /// The points of each kind of setting.
    private var series: [Series] {
        var out: [Series] = []
        for point in report.points {
            if out.last?.name == point.settingName {
                out[out.count - 1].points.append(point)
            } else {
                out.append(Series(name: point.settingName, points: [point]))
            }
        }
        return out
    }

    private func drawn(_ series: Series) -> [String] {
        let color = Color.of(series.name)
        let places = series.points.sorted { $0.recall < $1.recall }.map { (x.place($0.recall), y.place($0.qps)) }
        let path = places.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        return [
            "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" stroke-linejoin=\"round\"/>"
        ] + places.map { Self.circle($0.0, $0.1, color) } + labels(series)
    }

    /// Each point's setting beside it; left out where it would cover another.
    private func labels(_ series: Series) -> [String] {
        guard series.name != "scan" else { return [] }
        var taken: [(left: Double, right: Double, top: Double, bottom: Double)] = []
        var out: [String] = []
        for point in series.points {
            let label = point.valueText
            let width = 6.6 * Double(label.count)
            let (px, py) = (x.place(point.recall), y.place(point.qps))
            // The curve comes from above left: below left of a point is free, or else above right.
            let choices = [(left: px - 9 - width, baseline: py + 14), (left: px + 8, baseline: py - 6)]
            let free = choices.first { choice in
                choice.left > Self.area.left + 3 && choice.left + width < Self.area.right
                    && choice.baseline < Self.area.bottom - 3
                    && !taken.contains {
                        choice.left < $0.right && $0.left < choice.left + width && choice.baseline - 11 < $0.bottom
                            && $0.top < choice.baseline
                    }
            }
            guard let free else { continue }
            taken.append((free.left - 2, free.left + width + 2, free.baseline - 12, free.baseline + 1))
            out.append(Self.text(label, free.left, free.baseline, size: 11))
        }
        return out
    }

    // MARK: Elements

    private static func text(
        _ text: String, _ x: Double, _ y: Double, size: Int = 12, color: String = Color.muted, weight: Int = 400,
        anchor: String = "start"
    ) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" font-weight=\"\(weight)\" fill=\"\(color)\""
            + " text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" stroke=\"\(color)\"/>"
    }

    private static func circle(_ x: Double, _ y: Double, _ color: String) -> String {
        "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"4\" fill=\"\(color)\" stroke=\"\(Color.paper)\"/>"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? Text.fixed(value, 0) : Text.fixed(value, 1)
    }

    /// As many decimals as the value has, at least two.
    private static func recall(_ value: Double) -> String {
        Int((value * 1000).rounded()) % 10 == 0 ? Text.fixed(value, 2) : Text.fixed(value, 3)
    }

    /// Text as XML holds it; control characters, which it cannot hold, are left out.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars where character.value >= 0x20 {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
