import CBLAS

/// Whether the system's BLAS computes right on this processor: old builds are known to be wrong on newer ones. Where it
/// does not, exact searches go through our own kernels.
enum BLASCheck {
    static let messageBytesMax = 512

    /// Asked once per process.
    static let isSound: Bool = {
        var message = [CChar](repeating: 0, count: messageBytesMax)
        return nexify_blas_check(&message, message.count) == 0
    }()
}
