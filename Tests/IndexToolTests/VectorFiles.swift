import Foundation

/// Files of vectors as other tools write them.
enum VectorFiles {
    /// Rows of small whole numbers, all different, from a linear congruence.
    static func rows(_ count: Int, _ dimensions: Int, seed: UInt64) -> [[Float]] {
        var state = seed
        return (0..<count).map { _ in
            (0..<dimensions).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int(state >> 33) % 201 - 100)
            }
        }
    }

    static func writeNpy(_ rows: [[Float]], to path: String) throws {
        try npy(rows).write(to: URL(fileURLWithPath: path))
    }

    /// A table as `numpy.save` writes it; the element's type gives NumPy's code.
    static func npy<Element: NpyNumber>(
        _ rows: [[Element]], isColumnMajor: Bool = false, version: UInt8 = 1
    ) -> Data {
        let columns = rows.first?.count ?? 0
        var data = npyHeader(
            "{'descr': '\(Element.npyType)', 'fortran_order': \(isColumnMajor ? "True" : "False"), "
                + "'shape': (\(rows.count), \(columns)), }", version: version)
        func append(_ value: Element) { withUnsafeBytes(of: value) { data.append(contentsOf: $0) } }
        if isColumnMajor {
            for column in 0..<columns { for row in rows { append(row[column]) } }
        } else {
            for row in rows { for value in row { append(value) } }
        }
        return data
    }

    /// The start of an `.npy` file, padded to a multiple of 64 bytes.
    static func npyHeader(_ dictionary: String, version: UInt8 = 1) -> Data {
        let start = version == 1 ? 10 : 12
        let text = dictionary + String(repeating: " ", count: 63 - (start + dictionary.utf8.count) % 64) + "\n"
        let length = text.utf8.count
        return Data([0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
            + (version == 1 ? [] : [0, 0]) + Data(text.utf8)
    }

    static func writeFvecs(_ rows: [[Float]], to path: String) throws {
        var data = Data()
        for row in rows {
            withUnsafeBytes(of: Int32(row.count).littleEndian) { data.append(contentsOf: $0) }
            row.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }
}

/// Numbers that `.npy` files hold.
protocol NpyNumber: BitwiseCopyable {
    static var npyType: String { get }
}

extension Float16: NpyNumber { static var npyType: String { "<f2" } }
extension Float: NpyNumber { static var npyType: String { "<f4" } }
extension Double: NpyNumber { static var npyType: String { "<f8" } }
extension Int32: NpyNumber { static var npyType: String { "<i4" } }
extension Int64: NpyNumber { static var npyType: String { "<i8" } }
extension UInt32: NpyNumber { static var npyType: String { "<u4" } }
extension UInt64: NpyNumber { static var npyType: String { "<u8" } }
