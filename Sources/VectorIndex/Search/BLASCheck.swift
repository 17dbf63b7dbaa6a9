import CBLAS

/// Whether the system's BLAS computes right on this processor: old builds are known to be wrong on newer ones. Where it
/// does not, exact searches go through our own kernels.
enum BLASCheck {
    /// Asked once per process; a fault is said on stderr.
    static let isSound = nexify_blas_is_sound() != 0
}
