import Foundation
import NIOSSL

/// The PEM files of the server's own TLS.
struct TLSFiles: Sendable {
    /// The server's certificate, followed by those that lead to its root.
    var certificate: String
    /// Without a passphrase.
    var privateKey: String

    /// TLS 1.2 or later, with HTTP/1.1.
    ///
    /// - Throws: `SettingError` when a file is missing, is none, or one does not belong to the other.
    func configuration() throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        let certificateVariable = Setting.tlsCertificateFile.name
        try Self.checkReadable(certificate, certificateVariable)
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw Self.notPEM(certificateVariable, certificate, "certificates")
        }
        guard !chain.isEmpty else { throw Self.notPEM(certificateVariable, certificate, "certificates") }
        let keyVariable = Setting.tlsPrivateKeyFile.name
        try Self.checkReadable(privateKey, keyVariable)
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
        } catch {
            throw Self.notPEM(keyVariable, privateKey, "a private key without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SettingError(
                variable: keyVariable, problem: "names \(privateKey), which is not the key of \(certificate)",
                remedy: "name the key that the certificate was made for")
        }
        return configuration
    }

    private static func checkReadable(_ path: String, _ variable: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw SettingError(
                variable: variable, problem: "names \(path), which is not there or cannot be read",
                remedy: "name a PEM file that this user may read")
        }
    }

    private static func notPEM(_ variable: String, _ path: String, _ what: String) -> SettingError {
        SettingError(
            variable: variable, problem: "names \(path), which does not hold \(what) in PEM",
            remedy: "convert it with openssl; a PEM file begins with -----BEGIN")
    }
}
