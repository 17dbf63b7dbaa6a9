/// One statement with its parameters. Written as a string literal in which an interpolated value becomes `$n` and an
/// interpolated `SQL` is spliced in, so that no statement is ever put together from run-time text:
///
///     let open: SQL = "status = \(status)"
///     let q: SQL = "SELECT id FROM tickets WHERE organization_id = \(organization) AND \(open)"
///
/// Literals reach it as `StaticString`, which a run-time string cannot become.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    enum Piece: Sendable {
        case literal(StaticString)
        /// Text that this module itself made, e.g. a validated channel name.
        case text(String)
        case parameter(PostgresParameter)
    }

    var pieces: [Piece]

    public init(stringLiteral value: StaticString) {
        pieces = [.literal(value)]
    }

    public init(stringInterpolation: StringInterpolation) {
        pieces = stringInterpolation.pieces
    }

    /// Raw SQL that is fixed when the program is compiled, e.g. a column list shared by several statements.
    public init(unsafeRaw text: StaticString) {
        pieces = [.literal(text)]
    }

    init(pieces: [Piece]) {
        self.pieces = pieces
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(2 * interpolationCount + 1)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { pieces.append(.literal(literal)) }
        }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            pieces.append(.parameter(PostgresParameter(value)))
        }

        /// nil is NULL. Spelled out so that the compiler does not take it for an optional printed by mistake.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            pieces.append(.parameter(PostgresParameter(value)))
        }

        public mutating func appendInterpolation(_ fragment: SQL) {
            pieces.append(contentsOf: fragment.pieces)
        }
    }

    public static func + (left: SQL, right: SQL) -> SQL {
        SQL(pieces: left.pieces + right.pieces)
    }

    public static func += (left: inout SQL, right: SQL) {
        left.pieces.append(contentsOf: right.pieces)
    }
}

extension Sequence<SQL> {
    /// All fragments with the separator between them, e.g. conditions with " AND ". No fragments give empty SQL.
    public func joined(separator: SQL) -> SQL {
        var pieces: [SQL.Piece] = []
        for (position, fragment) in enumerated() {
            if position > 0 { pieces.append(contentsOf: separator.pieces) }
            pieces.append(contentsOf: fragment.pieces)
        }
        return SQL(pieces: pieces)
    }
}

extension SQL: CustomStringConvertible {
    /// The text with `$n` in place of the values: safe to log.
    public var description: String {
        String(decoding: rendered().key.text.dropLast(), as: UTF8.self)
    }
}

extension SQL {
    /// The statement as libpq wants it: NUL-ended text with numbered parameters, and the parameters in order.
    struct Rendered {
        var key: StatementKey
        var values: [PostgresParameter]
    }

    /// Text and parameter types: what a prepared statement is found again by.
    struct StatementKey: Hashable, Sendable {
        var text: [UInt8]
        var types: [UInt32]

        /// The text as a whole; the hash that the compiler makes takes byte after byte.
        func hash(into hasher: inout Hasher) {
            text.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// - Complexity: O(length of the text).
    func rendered() -> Rendered {
        var text: [UInt8] = []
        var types: [UInt32] = []
        var values: [PostgresParameter] = []
        text.reserveCapacity(256)
        for piece in pieces {
            switch piece {
            case .literal(let literal):
                literal.withUTF8Buffer { text.append(contentsOf: $0) }
            case .text(let string):
                text.append(contentsOf: string.utf8)
            case .parameter(let parameter):
                values.append(parameter)
                types.append(parameter.type.rawValue)
                text.append(UInt8(ascii: "$"))
                text.append(contentsOf: String(values.count).utf8)
                if let cast = parameter.type.cast {
                    cast.withUTF8Buffer { text.append(contentsOf: $0) }
                }
            }
        }
        text.append(0)
        return Rendered(key: StatementKey(text: text, types: types), values: values)
    }
}
