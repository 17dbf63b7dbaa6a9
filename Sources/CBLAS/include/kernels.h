// The arithmetic of a search, once per instruction set, chosen at run time.
//
// Every level gives the same bits. Integers are exact: nothing saturates or overflows within the stated limits. Floats
// are computed in one order that every level keeps: sums of products in 32 lanes without fused operations, estimates
// by fused multiply-adds of one lane each.
#ifndef NEXIFY_KERNELS_H
#define NEXIFY_KERNELS_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Neighbours that are scored together: one block of a row.
#define NX_BLOCK 32
/// Length of the sorted list that `insert` keeps.
#define NX_HOT 32

/// What a row of docs/INDEX_FORMAT.md's ROWS is made of.
typedef struct nx_row_shape {
    /// Bytes of the own code, one a coordinate; a multiple of 64, at most 4160.
    uint32_t code_bytes;
    /// Bits a coordinate of the neighbours' codes: 1 or 2.
    uint32_t planes;
    /// Blocks of 32 neighbour slots.
    uint32_t blocks;
    /// Where the factors (f16: fa of all slots, then fr of all slots) and the ids begin.
    uint32_t factors_offset, ids_offset;
    /// Bytes of a row, a multiple of 64.
    uint32_t stride;
} nx_row_shape;

/// A query as `scan_row` and `select_near` want it.
typedef struct nx_query {
    /// The query in 8 bits, code_bytes of them.
    const int8_t *code;
    /// 16 entries for each 4 coordinates (code_bytes / 4 groups), at most 252 each: made by `make_table`.
    const uint8_t *table;
    /// A neighbour's product is about scale * sum + offset.
    float scale, offset;
} nx_query;

/// What `compare_codes` learns of a neighbour x of a node c; r = x - c, v the code of r (odd numbers: -1 and 1 with one
/// plane, -3...3 with two). Integers of the 8-bit codes.
typedef struct nx_comparison {
    int32_t rr, rv, cr, cv;
} nx_comparison;

/// One instruction set's kernels.
typedef struct nx_kernels {
    /// "scalar", "avx2", "avx512" or "neon": what NEXIFY_SIMD is compared with.
    const char *name;

    /// out[i] = sum over j < length of rows[ids[i] * stride + j] * query[j], for i < count. Exact up to 65,536 values.
    /// `length` is a multiple of 64; rows are read to `length` bytes and prefetched a few ahead.
    void (*dots_u8s8)(
        const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
        int32_t *out);

    /// The inner product of two vectors of any length; within (length / 32 + 9) / 2^24 of the sum of the products'
    /// magnitudes while nothing overflows or underflows, as is squared_l2_f32 of its squares.
    float (*dot_f32)(const float *a, const float *b, size_t length);

    /// The squared Euclidean distance of two vectors of any length.
    float (*squared_l2_f32)(const float *a, const float *b, size_t length);

    /// One query against the vectors `ids` of a matrix with `length` columns, prefetched a few ahead:
    /// out[i] = dot_f32(query, row ids[i]).
    void (*dots_f32)(
        const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out);

    /// As dots_f32, with squared_l2_f32.
    void (*squared_l2s_f32)(
        const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out);

    /// One pass over a row (FastScan: André, Kermarrec, Le Scouarnec, "Cache locality is not enough", 2015).
    ///
    /// sums[32 * b + i] = for each plane p, 2^(planes - 1 - p) times the sum over groups g of table[16 * g + n], n being
    /// the nibble that slot i of block b has for group g. A block is its planes one after the other, a plane code_bytes
    /// / 4 groups of 16 bytes: byte i of a group holds slot i in its low and slot i + 16 in its high nibble; bit j of a
    /// nibble is coordinate 4 * g + j.
    ///
    /// Meanwhile the whole stride of `next` is prefetched; it may be any address.
    /// - Returns: the product of the row's own code, as u8, with the query's.
    int32_t (*scan_row)(
        const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums);

    /// The slots whose estimated distance is below `limit`, in slot order: their ids and distances.
    ///
    /// distance = base - fma(fr, fma(scale, sum, offset), fa). An empty slot has fa = -infinity and is never below.
    /// `ids` and `distances` have room for 32 * blocks + 16 values; what stands behind the result is undefined.
    /// - Returns: how many.
    size_t (*select_near)(
        const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const int32_t *sums, float base,
        float limit, uint32_t *ids, float *distances);

    /// Inserts keys into `hot`, NX_HOT ascending keys padded with INT64_MAX, one after the other; what falls out and is
    /// not INT64_MAX is appended to `overflow` in that order. `overflow` has room for `count` more and one.
    /// - Returns: how many were appended.
    size_t (*insert)(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow);

    /// Takes the first key out of `hot`; INT64_MAX comes in at the end. - Returns: the key.
    int64_t (*take)(int64_t *hot);

    /// Rotates in place: `rounds` times random signs, a Walsh-Hadamard transform of the largest power of two that fits
    /// (at the front and at the back in turn), and, where that does not cover the length, a mixing of the two halves.
    /// `length` is a multiple of 64; `signs` holds rounds * length values of +1 or -1. Orthogonal but for rounding.
    void (*rotate)(float *vector, size_t length, const float *signs, size_t rounds);

    /// FastScan's table of a query of `length` values in -63...63, a multiple of 16: entry n of group g is the sum of
    /// the values of n's set bits minus all negative values of the group. - Returns: the sum of magnitudes.
    int32_t (*make_table)(const int8_t *values, size_t length, uint8_t *table);

    /// Compares a neighbour's code with a node's, both u8 with 128 for zero, and codes their difference: bits[p * length
    /// / 8 + j] is the byte of coordinates 8j...8j + 7 of plane p. Coordinate r is negative or not in plane 0 (1 for
    /// not); with two planes its magnitude is 3 when r² * length > rr, else 1, and the value is 2 * s0 + s1 with s = ±1.
    void (*compare_codes)(
        const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits,
        nx_comparison *out);
} nx_kernels;

/// The kernels of a level; NULL unless they are compiled in and this processor has the instructions.
const nx_kernels *nx_kernels_named(const char *name);

/// Compares a level with plain C, bit for bit, on a few hundred small cases; takes about a millisecond.
/// - Returns: NULL when all is the same, otherwise the name of a kernel that differs.
const char *nx_kernels_check(const nx_kernels *kernels);

/// The first of `levels`, which begin with the best, that passes nx_kernels_check; plain C when none does. Those before
/// the one that is named `wanted` (NULL or "" for any) are left out.
///
/// `message` receives a line for each level that is refused and when there is no level of the wanted name; "" when all
/// is well.
const nx_kernels *nx_kernels_choose(
    const nx_kernels *const *levels, size_t count, const char *wanted, char *message, size_t capacity);

/// The level that NEXIFY_SIMD names, otherwise the best that this processor has; one that fails the check is refused,
/// said on stderr, and the next lower one taken. Decided once per process.
const nx_kernels *nx_kernels_active(void);

/// Asks for a cache line.
static inline void nx_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// The nearest 16-bit float, ties to even; out of range is infinite.
uint16_t nx_half(float value);
float nx_float(uint16_t half);

// The levels themselves; what is not compiled for this architecture is NULL in the table of kernels.c.
extern const nx_kernels nx_kernels_scalar;
#if defined(__x86_64__)
extern const nx_kernels nx_kernels_avx2;
extern const nx_kernels nx_kernels_avx512;
#endif
#if defined(__aarch64__)
extern const nx_kernels nx_kernels_neon;
#endif

#ifdef __cplusplus
}
#endif
#endif
