// The arithmetic of a search's hop, once per instruction set. The level is chosen at run time; integers are
// bit-identical at every level, and so are floats: each level adds the same 32 lanes in the same order, without fused
// operations.
#ifndef NEXIFY_KERNELS_H
#define NEXIFY_KERNELS_H
#include <stddef.h>
#include <stdint.h>

/// One instruction set's kernels.
typedef struct nx_kernels {
    /// "scalar", "avx2", "avx512" or "neon": what NEXIFY_SIMD is compared with.
    const char *name;

    /// out[i] = sum over j < length of rows[ids[i] * stride + j] * query[j], for i < count. Exact: no saturation, no
    /// overflow up to 65,536 values. `length` is a multiple of 64; rows are read to `length` bytes and prefetched a few
    /// ahead.
    void (*dots_u8s8)(
        const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
        int32_t *out);

    /// The inner product of two vectors of any length.
    float (*dot_f32)(const float *a, const float *b, size_t length);

    /// The squared Euclidean distance of two vectors of any length.
    float (*squared_l2_f32)(const float *a, const float *b, size_t length);
} nx_kernels;

/// The kernels of a level; NULL unless they are compiled in and this processor has the instructions.
const nx_kernels *nx_kernels_named(const char *name);

/// The level that NEXIFY_SIMD names when this processor has it, otherwise the best one; decided once per process.
const nx_kernels *nx_kernels_active(void);

// The levels themselves; what is not compiled for this architecture is NULL in the table of kernels.c.
extern const nx_kernels nx_kernels_scalar;
#if defined(__x86_64__)
extern const nx_kernels nx_kernels_avx2;
extern const nx_kernels nx_kernels_avx512;
#endif
#if defined(__aarch64__)
extern const nx_kernels nx_kernels_neon;
#endif
#endif
