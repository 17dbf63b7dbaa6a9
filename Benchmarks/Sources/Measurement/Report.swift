import Foundation

/// A benchmark's outcome: for people a table, for programs JSON of the same content.
public struct Report: Codable, Sendable {
    public var benchmark: String
    public var machine: Machine
    /// What was measured on what, by name; values as they are printed.
    public var parameters: [String: String]
    public var figures: [Figure] = []

    public init(_ benchmark: String, machine: Machine, parameters: [String: String]) {
        self.benchmark = benchmark
        self.machine = machine
        self.parameters = parameters
    }

    public mutating func add(_ name: String, _ value: Double, unit: String, target: Figure.Target? = nil) {
        figures.append(Figure(name, value, unit: unit, target: target))
    }

    /// Notes the load at the end and prints the report on standard output.
    public mutating func print(asJSON: Bool) throws {
        machine.finish()
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
        } else {
            Swift.print(table)
        }
    }

    /// The figures that miss their targets.
    public var misses: [Figure] { figures.filter { !$0.isWithinTarget } }

    public var table: String {
        var lines = [
            benchmark,
            "  \(machine.processor), \(machine.cores) cores, load \(Self.number(machine.loadBefore)) to "
                + "\(Self.number(machine.loadAfter)), \(machine.startedAt)",
        ]
        lines += parameters.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        let names = figures.map(\.name.count).max() ?? 0
        for figure in figures {
            let name = figure.name.padding(toLength: names, withPad: " ", startingAt: 0)
            let value = Self.number(figure.value)
            let space = String(repeating: " ", count: max(0, 10 - value.count))
            var line = "  \(name) \(space)\(value) \(figure.unit)"
            if let target = figure.target {
                line +=
                    "   (\(target.direction.rawValue) \(Self.number(target.value))\(figure.isWithinTarget ? "" : ": MISSED"))"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    /// Enough digits to compare, no more.
    static func number(_ value: Double) -> String {
        let decimals = abs(value) >= 1000 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 2 ? 2 : 4
        return String(format: "%.\(decimals)f", value)
    }
}
