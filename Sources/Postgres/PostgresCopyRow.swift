/// One row for COPY FROM STDIN in binary format, encoded when it is made. Its values' types must be exactly those of
/// the columns (`Int32` for `integer`, `Int64` for `bigint`): COPY converts nothing.
///
///     OFFSET  SIZE  DESCRIPTION
///     0       2     number of fields
///     2       …     per field its length (-1 is NULL) and its bytes
public struct PostgresCopyRow: Sendable {
    let bytes: [UInt8]

    public init<each Value: PostgresEncodable>(_ values: repeat each Value) {
        var fields: [UInt8] = []
        var count: Int16 = 0
        func append(_ value: some PostgresEncodable) {
            count += 1
            if value.isPostgresNull {
                fields.append(bigEndian: Int32(-1))
            } else {
                fields.appendWithLength { value.encode(into: &$0) }
            }
        }
        var bytes: [UInt8] = []
        repeat append(each values)
        bytes.append(bigEndian: count)
        bytes.append(contentsOf: fields)
        self.bytes = bytes
    }
}
