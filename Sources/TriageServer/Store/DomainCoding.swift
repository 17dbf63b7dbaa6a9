import FoundationEssentials
import Postgres
import Triage

/// The domain's types as Postgres values.

extension Identifier: PostgresEncodable {
    public var postgresValue: PostgresValue { rawValue.postgresValue }
}

extension Identifier: PostgresDecodable {
    public init(postgres value: PostgresCell) throws(PostgresError) {
        self.init(try Int64(postgres: value))
    }
}
