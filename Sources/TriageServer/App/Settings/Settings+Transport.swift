import FoundationEssentials

/// How requests come: by TLS of the server's own, by TLS that ends in front of it, or from this machine only.
extension Settings {
    /// Whether clients come by https, as far as this server can know before they do.
    var isHTTPS: Bool { tls != nil || publicURL?.hasPrefix("https://") == true }

    /// - Throws: `SettingError` when passwords and tokens would cross a network in plain text.
    package func checkTransport() throws {
        guard tls == nil, !allowsPlainHTTP, !Self.isLoopback(host) else { return }
        throw SettingError(
            variable: Setting.host.name,
            problem: "is \(host), where passwords and tokens would cross the network in plain HTTP",
            remedy:
                "name \(Setting.tlsCertificateFile.name) and \(Setting.tlsPrivateKeyFile.name), or set "
                + "\(Setting.allowPlainHTTP.name)=true if TLS ends in front of this server")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        return IPAddress(host).map { address in
            AddressBlock.loopback.contains { $0.contains(address) }
        } ?? false
    }

    static func tls(_ reader: SettingsReader) throws -> TLSFiles? {
        switch (try reader.text(.tlsCertificateFile), try reader.text(.tlsPrivateKeyFile)) {
        case (nil, nil): return nil
        case (let certificate?, let privateKey?): return TLSFiles(certificate: certificate, privateKey: privateKey)
        case (_?, nil): throw missing(.tlsPrivateKeyFile, beside: .tlsCertificateFile)
        case (nil, _?): throw missing(.tlsCertificateFile, beside: .tlsPrivateKeyFile)
        }
    }

    private static func missing(_ setting: Setting, beside other: Setting) -> SettingError {
        SettingError(
            variable: setting.name, problem: "is missing", remedy: "set it too, or leave out \(other.name)")
    }

    /// `https://host` or `https://host:port`, without the slash that may follow.
    static func origin(_ text: String) throws -> String {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = url.host, !host.isEmpty, ["", "/"].contains(url.path),
            url.query == nil, url.fragment == nil, url.user == nil, url.password == nil
        else {
            throw SettingError(
                variable: Setting.publicURL.name, problem: "is not a scheme and a host alone",
                remedy: "use e.g. https://triage.example.com")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
