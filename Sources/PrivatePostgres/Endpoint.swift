/// Where a started private PostgreSQL answers, and where its data lives.
public struct Endpoint: Sendable, Equatable {
    /// A libpq URI with user, password, database and the socket's directory. A secret: never log it.
    public var connectionString: String
    /// The directory of the Unix socket; only the server's account and its starter can enter it.
    public var socketDirectory: String
    /// Part of the socket's name, and the TCP port when loopback was asked for.
    public var port: Int
    /// True when the server also answers on 127.0.0.1.
    public var listensOnLoopback: Bool
    /// The cluster's directory: all that must be kept to keep the data.
    public var clusterDirectory: String
    /// The account that the server runs as.
    public var account: String
    /// The server was found running, left behind by a start that ended without stopping it.
    public var wasAdopted: Bool
}

extension Endpoint: CustomStringConvertible {
    /// For logs: everything but the password.
    public var description: String {
        "PostgreSQL on \(socketDirectory)/.s.PGSQL.\(port)\(listensOnLoopback ? " and 127.0.0.1:\(port)" : ""), "
            + "data in \(clusterDirectory), account \(account)"
    }
}

/// The one role and database of a private server, and how they are written as a libpq URI.
enum Login {
    static let user = "nexify"
    static let database = "nexify"

    static func connectionString(password: String, socketDirectory: String, port: Int) -> String {
        "postgresql://\(user):\(password)@/\(database)?host=\(percentEncoded(socketDirectory))&port=\(port)"
    }

    /// RFC 3986: all but unreserved characters and "/" become %XX, so any path survives libpq's URI parser.
    static func percentEncoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded.append("%")
                encoded.append(hex[Int(byte >> 4)])
                encoded.append(hex[Int(byte & 15)])
            }
        }
        return encoded
    }
}
