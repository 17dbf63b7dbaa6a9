// The kernels for 64-bit ARM's NEON, with the one-step byte product (sdot) where the compiler may use it.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "bodies.h"
#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define NEON_INLINE __attribute__((always_inline)) static inline

// Adds the 16 products of two signed bytes each.
NEON_INLINE int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, a, b);
#else
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpadalq_s16(sum, vmull_high_s8(a, b));
#endif
}

// A row's byte as the signed one it stands for: x ^ 0x80 = x - 128.
NEON_INLINE int8x16_t signed_bytes(const uint8_t *row) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row), vdupq_n_u8(0x80)));
}

NEON_INLINE int32_t sum_of(const int8_t *values, size_t length) {
    int32x4_t sum = vdupq_n_s32(0);
    for (size_t j = 0; j < length; j += 16) sum = add_products(sum, vld1q_s8(values + j), vdupq_n_s8(1));
    return vaddvq_s32(sum);
}

// The product with the signed row; what the 128 less in each byte took away, 128 * sum(query), is for the caller.
NEON_INLINE int32_t dot_row(const uint8_t *row, const int8_t *query, size_t length) {
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (size_t j = 0; j < length; j += 64) {
        for (int i = 0; i < 4; i++) {
            sums[i] = add_products(sums[i], signed_bytes(row + j + 16 * i), vld1q_s8(query + j + 16 * i));
        }
    }
    return vaddvq_s32(vaddq_s32(vaddq_s32(sums[0], sums[1]), vaddq_s32(sums[2], sums[3])));
}

static void dots_u8s8(
    const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
    int32_t *out) {
    enum { ahead = 3 };
    const int32_t taken = 128 * sum_of(query, length);
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count) {
            const uint8_t *coming = rows + (size_t)ids[i + ahead] * stride;
            for (size_t j = 0; j < length; j += 64) __builtin_prefetch(coming + j);
        }
        out[i] = dot_row(rows + (size_t)ids[i] * stride, query, length) + taken;
    }
}

// Ends a float sum: the tail that is shorter than the lanes, then the lanes in halves, as nx_fold_lanes does.
NEON_INLINE float folded_lanes(const float32x4_t *sums, const float *tail, size_t count) {
    float32x4_t all[8];
    for (int j = 0; j < 8; j++) all[j] = sums[j];
    if (count > 0) {
        float lanes[nx_lanes];
        for (int j = 0; j < 8; j++) vst1q_f32(lanes + 4 * j, all[j]);
        for (size_t j = 0; j < count; j++) lanes[j] = lanes[j] + tail[j];
        for (int j = 0; j < 8; j++) all[j] = vld1q_f32(lanes + 4 * j);
    }
    for (int half = 4; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) all[j] = vaddq_f32(all[j], all[j + half]);
    }
    return vpadds_f32(vadd_f32(vget_low_f32(all[0]), vget_high_f32(all[0])));
}

NEON_INLINE float dot_one(const float *a, const float *b, size_t length) {
    float32x4_t sums[8];
    for (int j = 0; j < 8; j++) sums[j] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 8; j++) {
            sums[j] = vaddq_f32(sums[j], vmulq_f32(vld1q_f32(a + i + 4 * j), vld1q_f32(b + i + 4 * j)));
        }
    }
    float tail[nx_lanes];
    for (size_t j = i; j < length; j++) tail[j - i] = a[j] * b[j];
    return folded_lanes(sums, tail, length - i);
}

NEON_INLINE float squared_l2_one(const float *a, const float *b, size_t length) {
    float32x4_t sums[8];
    for (int j = 0; j < 8; j++) sums[j] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 8; j++) {
            float32x4_t difference = vsubq_f32(vld1q_f32(a + i + 4 * j), vld1q_f32(b + i + 4 * j));
            sums[j] = vaddq_f32(sums[j], vmulq_f32(difference, difference));
        }
    }
    float tail[nx_lanes];
    for (size_t j = i; j < length; j++) tail[j - i] = (a[j] - b[j]) * (a[j] - b[j]);
    return folded_lanes(sums, tail, length - i);
}

static float dot_f32(const float *a, const float *b, size_t length) { return dot_one(a, b, length); }

static float squared_l2_f32(const float *a, const float *b, size_t length) { return squared_l2_one(a, b, length); }

NEON_INLINE void prefetch_vector(const float *vector, size_t length) {
    for (size_t j = 0; j < length; j += 16) __builtin_prefetch(vector + j);
    __builtin_prefetch(vector + length - 1);
}

static void dots_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = dot_one(query, rows + (size_t)ids[i] * length, length);
    }
}

static void squared_l2s_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = squared_l2_one(query, rows + (size_t)ids[i] * length, length);
    }
}

// A group is 16 bytes, its table another: one look-up a nibble, widened into sums of 16 bits, which hold 256 look-ups;
// even and odd groups have sums of their own, because an addition waits for the one before it.
static int32_t scan_row(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums) {
    const uint8x16_t nibble = vdupq_n_u8(0x0f);
    const size_t length = shape->code_bytes, groups = length / 4;
    const uint8_t *codes = row + length;
    // A number: the address may be none.
    uintptr_t fetched = (uintptr_t)next;
    size_t lines = shape->stride / 64;
    for (size_t block = 0; block < shape->blocks; block++) {
        uint32x4_t all[8];
        for (int i = 0; i < 8; i++) all[i] = vdupq_n_u32(0);
        for (size_t plane = 0; plane < shape->planes; plane++) {
            const uint8_t *table = query->table;
            for (int i = 0; i < 8; i++) all[i] = vaddq_u32(all[i], all[i]);
            for (size_t done = 0; done < groups;) {
                const size_t end = groups - done > 512 ? done + 512 : groups;
                uint16x8_t some[2][4];
                for (int i = 0; i < 4; i++) some[0][i] = some[1][i] = vdupq_n_u16(0);
                for (; done < end; done += 4, codes += 64, table += 64) {
                    for (int i = 0; i < 4; i++) {
                        uint16x8_t *part = some[i % 2];
                        uint8x16_t bytes = vld1q_u8(codes + 16 * i), entries = vld1q_u8(table + 16 * i);
                        uint8x16_t low = vqtbl1q_u8(entries, vandq_u8(bytes, nibble));
                        uint8x16_t high = vqtbl1q_u8(entries, vshrq_n_u8(bytes, 4));
                        part[0] = vaddw_u8(part[0], vget_low_u8(low));
                        part[1] = vaddw_high_u8(part[1], low);
                        part[2] = vaddw_u8(part[2], vget_low_u8(high));
                        part[3] = vaddw_high_u8(part[3], high);
                    }
                    if (lines >= 2) {
                        __builtin_prefetch((const void *)fetched);
                        __builtin_prefetch((const void *)(fetched + 64));
                        fetched += 2 * 64;
                        lines -= 2;
                    }
                }
                for (int i = 0; i < 4; i++) {
                    for (int j = 0; j < 2; j++) {
                        all[2 * i] = vaddw_u16(all[2 * i], vget_low_u16(some[j][i]));
                        all[2 * i + 1] = vaddw_high_u16(all[2 * i + 1], some[j][i]);
                    }
                }
            }
        }
        for (int i = 0; i < 8; i++) vst1q_s32(sums + block * NX_BLOCK + 4 * i, vreinterpretq_s32_u32(all[i]));
    }
    for (; lines > 0; lines--, fetched += 64) __builtin_prefetch((const void *)fetched);
    return dot_row(row, query->code, length) + 128 * sum_of(query->code, length);
}

// Which bytes come first when a mask of 4 lanes keeps its set ones; what is behind them is not looked at.
#define LANE(i) 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3
static const uint8_t places[16][16] = {
    {LANE(0)},
    {LANE(0)},
    {LANE(1)},
    {LANE(0), LANE(1)},
    {LANE(2)},
    {LANE(0), LANE(2)},
    {LANE(1), LANE(2)},
    {LANE(0), LANE(1), LANE(2)},
    {LANE(3)},
    {LANE(0), LANE(3)},
    {LANE(1), LANE(3)},
    {LANE(0), LANE(1), LANE(3)},
    {LANE(2), LANE(3)},
    {LANE(0), LANE(2), LANE(3)},
    {LANE(1), LANE(2), LANE(3)},
    {LANE(0), LANE(1), LANE(2), LANE(3)},
};

NEON_INLINE float32x4_t floats(const uint8_t *halves) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(halves)));
}

static size_t select_near(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const int32_t *sums, float base, float limit,
    uint32_t *ids, float *distances) {
    static const uint32_t bits[4] = {1, 2, 4, 8};
    const size_t slots = (size_t)shape->blocks * NX_BLOCK;
    const uint8_t *fa = row + shape->factors_offset, *fr = fa + 2 * slots, *known = row + shape->ids_offset;
    const float32x4_t scale = vdupq_n_f32(query->scale), offset = vdupq_n_f32(query->offset);
    size_t count = 0;
    for (size_t i = 0; i < slots; i += 4) {
        float32x4_t product = vfmaq_f32(offset, scale, vcvtq_f32_s32(vld1q_s32(sums + i)));
        float32x4_t estimate = vfmaq_f32(floats(fa + 2 * i), floats(fr + 2 * i), product);
        float32x4_t distance = vsubq_f32(vdupq_n_f32(base), estimate);
        uint32_t near = vaddvq_u32(vandq_u32(vcltq_f32(distance, vdupq_n_f32(limit)), vld1q_u32(bits)));
        uint8x16_t from = vld1q_u8(places[near]);
        vst1q_u8((uint8_t *)(distances + count), vqtbl1q_u8(vreinterpretq_u8_f32(distance), from));
        vst1q_u8((uint8_t *)(ids + count), vqtbl1q_u8(vld1q_u8(known + 4 * i), from));
        count += (size_t)__builtin_popcount(near);
    }
    return count;
}

// The list lives in sixteen registers while keys go in: what is larger than the key moves one to the right, and the key
// stands where its left neighbour is not larger.
static size_t insert(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow) {
    int64x2_t v[NX_HOT / 2];
    for (int i = 0; i < NX_HOT / 2; i++) v[i] = vld1q_s64(hot + 2 * i);
    size_t fallen = 0;
    for (size_t k = 0; k < count; k++) {
        const int64x2_t key = vdupq_n_s64(keys[k]);
        int64_t last = vgetq_lane_s64(v[NX_HOT / 2 - 1], 1);
        overflow[fallen] = last > keys[k] ? last : keys[k];
        fallen += overflow[fallen] != INT64_MAX;
        int64x2_t before = key;
        for (int i = 0; i < NX_HOT / 2; i++) {
            uint64x2_t larger = vcgtq_s64(v[i], key);
            // Each value's left neighbour, or the key where that is not larger.
            int64x2_t met = vbslq_s64(larger, v[i], key);
            v[i] = vbslq_s64(larger, vextq_s64(before, met, 1), v[i]);
            before = met;
        }
    }
    for (int i = 0; i < NX_HOT / 2; i++) vst1q_s64(hot + 2 * i, v[i]);
    return fallen;
}

static int64_t take(int64_t *hot) {
    int64x2_t v[NX_HOT / 2 + 1];
    for (int i = 0; i < NX_HOT / 2; i++) v[i] = vld1q_s64(hot + 2 * i);
    v[NX_HOT / 2] = vdupq_n_s64(INT64_MAX);
    int64_t first = vgetq_lane_s64(v[0], 0);
    for (int i = 0; i < NX_HOT / 2; i++) vst1q_s64(hot + 2 * i, vextq_s64(v[i], v[i + 1], 1));
    return first;
}

// One stage of the transform within 4 values: each with its partner, which `partner` has; `sides` is 1 for the first of
// a pair and -1 for the second. A product with 1 or -1 is exact, so that the fused operation rounds like a sum.
#define STAGE_WITHIN(partner, sides) \
    for (int i = 0; i < 16; i++) v[i] = vfmaq_f32(partner, v[i], sides)

// One stage between registers that stand `half` apart.
#define STAGE_ACROSS(half)                                      \
    for (int pair = 0; pair < 8; pair++) {                      \
        const int i = 2 * pair - (pair & ((half) - 1));         \
        float32x4_t difference = vsubq_f32(v[i], v[i + (half)]); \
        v[i] = vaddq_f32(v[i], v[i + (half)]);                  \
        v[i + (half)] = difference;                             \
    }

// The transform of 64 values, first multiplied by their signs, at last by `scale`.
NEON_INLINE void hadamard_64(float *values, const float *signs, float scale) {
    const float32x4_t sides1 = {1, -1, 1, -1}, sides2 = {1, 1, -1, -1};
    float32x4_t v[16];
    for (int i = 0; i < 16; i++) v[i] = vmulq_f32(vld1q_f32(values + 4 * i), vld1q_f32(signs + 4 * i));
    STAGE_WITHIN(vrev64q_f32(v[i]), sides1);
    STAGE_WITHIN(vextq_f32(v[i], v[i], 2), sides2);
    STAGE_ACROSS(1);
    STAGE_ACROSS(2);
    STAGE_ACROSS(4);
    STAGE_ACROSS(8);
    for (int i = 0; i < 16; i++) vst1q_f32(values + 4 * i, vmulq_n_f32(v[i], scale));
}

// Two stages in one pass over 4 * quarter values: halves of `quarter` and of twice that.
NEON_INLINE void hadamard_quarters(float *values, size_t quarter, float scale) {
    for (size_t i = 0; i < quarter; i += 4) {
        float *at = values + i;
        float32x4_t a = vld1q_f32(at), b = vld1q_f32(at + quarter);
        float32x4_t c = vld1q_f32(at + 2 * quarter), d = vld1q_f32(at + 3 * quarter);
        float32x4_t ab = vaddq_f32(a, b), a_b = vsubq_f32(a, b), cd = vaddq_f32(c, d), c_d = vsubq_f32(c, d);
        vst1q_f32(at, vmulq_n_f32(vaddq_f32(ab, cd), scale));
        vst1q_f32(at + quarter, vmulq_n_f32(vaddq_f32(a_b, c_d), scale));
        vst1q_f32(at + 2 * quarter, vmulq_n_f32(vsubq_f32(ab, cd), scale));
        vst1q_f32(at + 3 * quarter, vmulq_n_f32(vsubq_f32(a_b, c_d), scale));
    }
}

NEON_INLINE void hadamard_halves(float *values, size_t half, float scale) {
    for (size_t i = 0; i < half; i += 4) {
        float32x4_t a = vld1q_f32(values + i), b = vld1q_f32(values + half + i);
        vst1q_f32(values + i, vmulq_n_f32(vaddq_f32(a, b), scale));
        vst1q_f32(values + half + i, vmulq_n_f32(vsubq_f32(a, b), scale));
    }
}

static void rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    size_t power = 64;
    while (power * 2 <= length) power *= 2;
    const float scale = (float)(1.0 / sqrt((double)power));
    for (size_t round = 0; round < rounds; round++, signs += length) {
        const size_t start = round % 2 == 0 ? 0 : length - power;
        for (size_t i = 0; i < length; i += 4) {
            // Outside of the transform, before it or behind it.
            if (i == start) i += power;
            if (i == length) break;
            vst1q_f32(vector + i, vmulq_f32(vld1q_f32(vector + i), vld1q_f32(signs + i)));
        }
        float *part = vector + start;
        for (size_t i = 0; i < power; i += 64) hadamard_64(part + i, signs + start + i, power == 64 ? scale : 1);
        size_t half = 64;
        for (; 4 * half <= power; half *= 4) {
            for (size_t i = 0; i < power; i += 4 * half) {
                hadamard_quarters(part + i, half, 4 * half == power ? scale : 1);
            }
        }
        if (half < power) hadamard_halves(part, half, scale);
        if (power < length) hadamard_halves(vector, length / 2, 0.70710678f);
    }
}

// An entry is a sum of four: of each value its positive part where its bit is set, its negative part's magnitude where
// not. Both parts of 2 groups stand in a register, and one look-up a value fetches the right one for a group's entries.
static int32_t make_table(const int8_t *values, size_t length, uint8_t *table) {
    // Byte n asks for value j of group g: 4 g + j, or 8 further when bit j of n is not set.
    uint8x16_t index[2][4];
    for (int j = 0; j < 4; j++) {
        uint8_t places_of[16];
        for (int n = 0; n < 16; n++) places_of[n] = (uint8_t)(n >> j & 1 ? j : 8 + j);
        index[0][j] = vld1q_u8(places_of);
        index[1][j] = vaddq_u8(index[0][j], vdupq_n_u8(4));
    }
    int32_t magnitudes = 0;
    for (size_t at = 0; at < length; at += 16) {
        int8x16_t v = vld1q_s8(values + at);
        uint8x16_t positive = vreinterpretq_u8_s8(vmaxq_s8(v, vdupq_n_s8(0)));
        uint8x16_t negative = vsubq_u8(positive, vreinterpretq_u8_s8(v));
        magnitudes += vaddlvq_u8(vaddq_u8(positive, negative));
        for (int half = 0; half < 2; half++) {
            uint8x16_t parts = half == 0 ? vcombine_u8(vget_low_u8(positive), vget_low_u8(negative))
                                         : vcombine_u8(vget_high_u8(positive), vget_high_u8(negative));
            for (int g = 0; g < 2; g++) {
                uint8x16_t sum = vaddq_u8(
                    vaddq_u8(vqtbl1q_u8(parts, index[g][0]), vqtbl1q_u8(parts, index[g][1])),
                    vaddq_u8(vqtbl1q_u8(parts, index[g][2]), vqtbl1q_u8(parts, index[g][3])));
                vst1q_u8(table + 4 * at + 32 * half + 16 * g, sum);
            }
        }
    }
    return magnitudes;
}

// The 64 bits of four masks, in the order of their bytes.
NEON_INLINE void store_bits(uint8_t *bits, const uint8x16_t *masks) {
    static const uint8_t powers[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t weights = vld1q_u8(powers);
    uint8x16_t first = vpaddq_u8(vandq_u8(masks[0], weights), vandq_u8(masks[1], weights));
    uint8x16_t second = vpaddq_u8(vandq_u8(masks[2], weights), vandq_u8(masks[3], weights));
    uint8x16_t all = vpaddq_u8(first, second);
    vst1_u8(bits, vget_low_u8(vpaddq_u8(all, all)));
}

// Adds the 16 products of two unsigned bytes each.
NEON_INLINE uint32x4_t add_unsigned(uint32x4_t sum, uint8x16_t a, uint8x16_t b) {
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_u32(sum, a, b);
#else
    sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
    return vpadalq_u16(sum, vmull_high_u8(a, b));
#endif
}

// With a and b the signed codes of node and neighbour, d the magnitude of r = b - a and s its sign: rr = d d,
// cr = a b - a a, rv = d, cv = a s.
static void compare_codes(
    const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits, nx_comparison *out) {
    const int8x16_t plus = vdupq_n_s8(1), minus = vdupq_n_s8(-1);
    uint32x4_t dd = vdupq_n_u32(0), ds = dd;
    int32x4_t ab = vdupq_n_s32(0), aa = ab, as = ab;
    for (size_t at = 0; at < length; at += 64) {
        uint8x16_t up[4];
        for (int i = 0; i < 4; i++) {
            const uint8_t *own = node + at + 16 * i, *other = neighbor + at + 16 * i;
            uint8x16_t n = vld1q_u8(own), x = vld1q_u8(other), d = vabdq_u8(x, n);
            int8x16_t a = signed_bytes(own), b = signed_bytes(other);
            up[i] = vcgeq_u8(x, n);
            dd = add_unsigned(dd, d, d);
            ds = add_unsigned(ds, d, vdupq_n_u8(1));
            ab = add_products(ab, a, b);
            aa = add_products(aa, a, a);
            as = add_products(as, a, vbslq_s8(up[i], plus, minus));
        }
        store_bits(bits + at / 8, up);
    }
    out->rr = (int32_t)vaddvq_u32(dd);
    out->rv = (int32_t)vaddvq_u32(ds);
    out->cr = vaddvq_s32(vsubq_s32(ab, aa));
    out->cv = vaddvq_s32(as);
    if (planes == 1) return;

    const uint8x16_t step = vdupq_n_u8((uint8_t)nx_code_step(out->rr, length));
    const uint8x16_t one = vdupq_n_u8(1), three = vdupq_n_u8(3);
    ds = vdupq_n_u32(0);
    as = vdupq_n_s32(0);
    for (size_t at = 0; at < length; at += 64) {
        uint8x16_t second[4];
        for (int i = 0; i < 4; i++) {
            const uint8_t *own = node + at + 16 * i, *other = neighbor + at + 16 * i;
            uint8x16_t n = vld1q_u8(own), x = vld1q_u8(other), d = vabdq_u8(x, n);
            uint8x16_t up = vcgeq_u8(x, n), near = vcleq_u8(d, step), level = vbslq_u8(near, one, three);
            int8x16_t above = vreinterpretq_s8_u8(level);
            // Up and far, or neither.
            second[i] = veorq_u8(up, near);
            ds = add_unsigned(ds, d, level);
            as = add_products(as, signed_bytes(own), vbslq_s8(up, above, vnegq_s8(above)));
        }
        store_bits(bits + length / 8 + at / 8, second);
    }
    out->rv = (int32_t)vaddvq_u32(ds);
    out->cv = vaddvq_s32(as);
}

const nx_kernels nx_kernels_neon = {
    "neon",      dots_u8s8, dot_f32, squared_l2_f32, dots_f32,      squared_l2s_f32, scan_row,
    select_near, insert, take, rotate,  make_table,     compare_codes,
};
#endif
