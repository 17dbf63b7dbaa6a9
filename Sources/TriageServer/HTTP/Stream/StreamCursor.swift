import Crypto
import CryptoExtras
import FoundationEssentials
import Triage

/// Positions as clients see them. All organisations' events have one order, and plain numbers would tell everybody how
/// much happens elsewhere: an id is the position and its organisation, enciphered with a key that all servers share. The same
/// position is always the same text, so only positions of the organisation's own may become ids: one that moves when others
/// do something would tell that they did (`StreamStore.resumption`).
package struct StreamCursor: Sendable {
    private static let blockBytes = 16

    private let key: SymmetricKey

    package init(secret: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Data("nexify event streams".utf8),
            outputByteCount: Self.blockBytes)
    }

    /// 32 hexadecimal digits, always the same for the same position.
    func text(of position: Int64, in organization: OrganizationID) -> String {
        let block = Data([organization.rawValue, position].flatMap(Self.bytes))
        // One block of AES: no two positions begin alike, so there is nothing for an initial vector to hide.
        guard let sealed = try? AES._CBC.encrypt(block, using: key, iv: Self.noVector, noPadding: true) else {
            return ""
        }
        return Hexadecimal.text(sealed)
    }

    /// - Returns: nil for what is no id of ours, or another organisation's.
    func position(of text: String, in organization: OrganizationID) -> Int64? {
        guard let sealed = Hexadecimal.bytes(text), sealed.count == Self.blockBytes,
            let block = try? AES._CBC.decrypt(sealed, using: key, iv: Self.noVector, noPadding: true),
            block.count == Self.blockBytes
        else { return nil }
        let values = [block.prefix(8), block.suffix(8)].map { half in
            half.reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        return values[0] == organization.rawValue ? values[1] : nil
    }

    /// Big-endian.
    private static func bytes(_ value: Int64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static var noVector: AES._CBC.IV {
        get throws { try AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: blockBytes)) }
    }
}
