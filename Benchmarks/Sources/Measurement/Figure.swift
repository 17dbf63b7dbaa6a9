/// One measured number, with its unit and what it was asked to be.
public struct Figure: Codable, Sendable {
    /// What the project promises of a figure.
    public struct Target: Codable, Sendable {
        public enum Direction: String, Codable, Sendable {
            case atMost = "<="
            case atLeast = ">="
        }

        public var direction: Direction
        public var value: Double

        public static func atMost(_ value: Double) -> Target { Target(direction: .atMost, value: value) }
        public static func atLeast(_ value: Double) -> Target { Target(direction: .atLeast, value: value) }

        func isMet(by measured: Double) -> Bool {
            switch direction {
            case .atMost: measured <= value
            case .atLeast: measured >= value
            }
        }
    }

    public var name: String
    public var value: Double
    public var unit: String
    public var target: Target?

    public init(_ name: String, _ value: Double, unit: String, target: Target? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.target = target
    }

    /// True when there is no target.
    public var isWithinTarget: Bool { target?.isMet(by: value) ?? true }
}
