// The kernels for AVX2 with FMA and F16C (Haswell, Zen and later). Bytes are widened to 16 bits where they are
// multiplied, because the one-step byte product (vpmaddubsw) saturates.
#if defined(__x86_64__)
#include <immintrin.h>

#include "bodies.h"
#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define AVX2_INLINE __attribute__((always_inline, target("avx2,fma,f16c"))) static inline

AVX2_INLINE __m256i load(const void *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }
AVX2_INLINE void store(void *bytes, __m256i value) { _mm256_storeu_si256((__m256i *)bytes, value); }

AVX2_INLINE int32_t folded(__m256i sums) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

AVX2_INLINE int32_t dot_row(const uint8_t *row, const int8_t *query, size_t length) {
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (size_t j = 0; j < length; j += 32) {
        for (int i = 0; i < 2; i++) {
            __m256i bytes = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + j + 16 * i)));
            __m256i factors = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + j + 16 * i)));
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(bytes, factors));
        }
    }
    return folded(_mm256_add_epi32(sums[0], sums[1]));
}

AVX2 static void dots_u8s8(
    const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
    int32_t *out) {
    enum { ahead = 3 };
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count) {
            const uint8_t *coming = rows + (size_t)ids[i + ahead] * stride;
            for (size_t j = 0; j < length; j += 64) _mm_prefetch((const char *)coming + j, _MM_HINT_T0);
        }
        out[i] = dot_row(rows + (size_t)ids[i] * stride, query, length);
    }
}

// Ends a float sum: the tail that is shorter than the lanes, then the lanes in halves, as nx_fold_lanes does.
AVX2_INLINE float folded_lanes(const __m256 *sums, const float *tail, size_t count) {
    __m256 all[4] = {sums[0], sums[1], sums[2], sums[3]};
    if (count > 0) {
        float lanes[nx_lanes];
        for (int j = 0; j < 4; j++) _mm256_storeu_ps(lanes + 8 * j, all[j]);
        for (size_t j = 0; j < count; j++) lanes[j] = lanes[j] + tail[j];
        for (int j = 0; j < 4; j++) all[j] = _mm256_loadu_ps(lanes + 8 * j);
    }
    __m256 eight = _mm256_add_ps(_mm256_add_ps(all[0], all[2]), _mm256_add_ps(all[1], all[3]));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

AVX2_INLINE float dot_one(const float *a, const float *b, size_t length) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 4; j++) {
            __m256 product = _mm256_mul_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j));
            sums[j] = _mm256_add_ps(sums[j], product);
        }
    }
    float tail[nx_lanes];
    for (size_t j = i; j < length; j++) tail[j - i] = a[j] * b[j];
    return folded_lanes(sums, tail, length - i);
}

AVX2_INLINE float squared_l2_one(const float *a, const float *b, size_t length) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 4; j++) {
            __m256 difference = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j));
            sums[j] = _mm256_add_ps(sums[j], _mm256_mul_ps(difference, difference));
        }
    }
    float tail[nx_lanes];
    for (size_t j = i; j < length; j++) tail[j - i] = (a[j] - b[j]) * (a[j] - b[j]);
    return folded_lanes(sums, tail, length - i);
}

AVX2 static float dot_f32(const float *a, const float *b, size_t length) { return dot_one(a, b, length); }

AVX2 static float squared_l2_f32(const float *a, const float *b, size_t length) { return squared_l2_one(a, b, length); }

AVX2_INLINE void prefetch_vector(const float *vector, size_t length) {
    for (size_t j = 0; j < length; j += 16) _mm_prefetch((const char *)(vector + j), _MM_HINT_T0);
    _mm_prefetch((const char *)(vector + length - 1), _MM_HINT_T0);
}

AVX2 static void dots_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = dot_one(query, rows + (size_t)ids[i] * length, length);
    }
}

AVX2 static void squared_l2s_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = squared_l2_one(query, rows + (size_t)ids[i] * length, length);
    }
}

// Sums of 16 slots: `pairs` has even + 256 * odd in each 16 bits, whatever overflows there, and `odd` the odd ones;
// the two lanes have other groups of the same slots. Up to 256 look-ups a lane fit 16 bits.
AVX2_INLINE void add_slots(__m256i pairs, __m256i odd, __m256i *sums) {
    __m256i even = _mm256_sub_epi16(pairs, _mm256_slli_epi16(odd, 8));
    __m256i low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
    for (int i = 0; i < 2; i++) {
        __m256i slots = i == 0 ? low : high;
        __m256i first = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(slots));
        __m256i second = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(slots, 1));
        sums[i] = _mm256_add_epi32(sums[i], _mm256_add_epi32(first, second));
    }
}

// A 32-byte load is 2 groups of 16 slots' bytes, and their tables are the two lanes of another: one shuffle looks a
// nibble of each up. The looked-up bytes are added as 16-bit pairs; odd ones once more on their own.
AVX2 static int32_t scan_row(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums) {
    const __m256i nibble = _mm256_set1_epi8(0x0f), zero = _mm256_setzero_si256();
    const size_t length = shape->code_bytes, groups = length / 4;
    const uint8_t *codes = row + length;
    // A number: the address may be none.
    uintptr_t fetched = (uintptr_t)next;
    size_t lines = shape->stride / 64;
    for (size_t block = 0; block < shape->blocks; block++) {
        __m256i all[4] = {zero, zero, zero, zero};
        for (size_t plane = 0; plane < shape->planes; plane++) {
            const uint8_t *table = query->table;
            for (int i = 0; i < 4; i++) all[i] = _mm256_add_epi32(all[i], all[i]);
            for (size_t done = 0; done < groups;) {
                // A lane sees every other group.
                const size_t end = groups - done > 512 ? done + 512 : groups;
                __m256i low = zero, low_odd = zero, high = zero, high_odd = zero;
                for (; done < end; done += 4, codes += 64, table += 64) {
                    for (int i = 0; i < 2; i++) {
                        __m256i bytes = load(codes + 32 * i), entries = load(table + 32 * i);
                        __m256i first = _mm256_shuffle_epi8(entries, _mm256_and_si256(bytes, nibble));
                        __m256i second =
                            _mm256_shuffle_epi8(entries, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
                        low = _mm256_add_epi16(low, first);
                        low_odd = _mm256_add_epi16(low_odd, _mm256_srli_epi16(first, 8));
                        high = _mm256_add_epi16(high, second);
                        high_odd = _mm256_add_epi16(high_odd, _mm256_srli_epi16(second, 8));
                    }
                    if (lines >= 2) {
                        _mm_prefetch((const char *)fetched, _MM_HINT_T0);
                        _mm_prefetch((const char *)(fetched + 64), _MM_HINT_T0);
                        fetched += 2 * 64;
                        lines -= 2;
                    }
                }
                add_slots(low, low_odd, all);
                add_slots(high, high_odd, all + 2);
            }
        }
        for (int i = 0; i < 4; i++) store(sums + block * NX_BLOCK + 8 * i, all[i]);
    }
    for (; lines > 0; lines--, fetched += 64) _mm_prefetch((const char *)fetched, _MM_HINT_T0);
    return dot_row(row, query->code, length);
}

// Where a mask of 8 lanes sends its set ones: 4 bits for each place, the first in the lowest.
#define PLACE(m, bit) ((m) >> (bit) & 1 ? (uint32_t)(bit) << 4 * __builtin_popcount((m) & ((1 << (bit)) - 1)) : 0)
#define PLACES(m)                                                                                                  \
    PLACE(m, 0) | PLACE(m, 1) | PLACE(m, 2) | PLACE(m, 3) | PLACE(m, 4) | PLACE(m, 5) | PLACE(m, 6) | PLACE(m, 7)
#define PLACES4(m) PLACES(m), PLACES((m) + 1), PLACES((m) + 2), PLACES((m) + 3)
#define PLACES16(m) PLACES4(m), PLACES4((m) + 4), PLACES4((m) + 8), PLACES4((m) + 12)
#define PLACES64(m) PLACES16(m), PLACES16((m) + 16), PLACES16((m) + 32), PLACES16((m) + 48)
static const uint32_t places[256] = {PLACES64(0), PLACES64(64), PLACES64(128), PLACES64(192)};

AVX2 static size_t select_near(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const int32_t *sums, float base, float limit,
    uint32_t *ids, float *distances) {
    const size_t slots = (size_t)shape->blocks * NX_BLOCK;
    const uint8_t *fa = row + shape->factors_offset, *fr = fa + 2 * slots, *known = row + shape->ids_offset;
    const __m256 scale = _mm256_set1_ps(query->scale), offset = _mm256_set1_ps(query->offset);
    const __m256i shifts = _mm256_set_epi32(28, 24, 20, 16, 12, 8, 4, 0);
    size_t count = 0;
    for (size_t i = 0; i < slots; i += 8) {
        __m256 a = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(fa + 2 * i)));
        __m256 r = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(fr + 2 * i)));
        __m256 product = _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(load(sums + i)), offset);
        __m256 distance = _mm256_sub_ps(_mm256_set1_ps(base), _mm256_fmadd_ps(r, product, a));
        int near = _mm256_movemask_ps(_mm256_cmp_ps(distance, _mm256_set1_ps(limit), _CMP_LT_OQ));
        // A permutation looks at the lowest three bits only.
        __m256i from = _mm256_srlv_epi32(_mm256_set1_epi32((int)places[near]), shifts);
        _mm256_storeu_ps(distances + count, _mm256_permutevar8x32_ps(distance, from));
        store(ids + count, _mm256_permutevar8x32_epi32(load(known + 4 * i), from));
        count += (size_t)__builtin_popcount((unsigned)near);
    }
    return count;
}

// The list lives in eight registers while keys go in: what is larger than the key moves one to the right, and the key
// stands where its left neighbour is not larger.
AVX2 static size_t insert(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow) {
    __m256i v[8];
    for (int i = 0; i < 8; i++) v[i] = load(hot + 4 * i);
    size_t fallen = 0;
    for (size_t k = 0; k < count; k++) {
        const __m256i key = _mm256_set1_epi64x(keys[k]);
        int64_t last = _mm256_extract_epi64(v[7], 3);
        overflow[fallen] = last > keys[k] ? last : keys[k];
        fallen += overflow[fallen] != INT64_MAX;
        __m256i larger[8];
        for (int i = 0; i < 8; i++) larger[i] = _mm256_cmpgt_epi64(v[i], key);
        for (int i = 7; i >= 0; i--) {
            // Each value's left neighbour, or the key where that is not larger.
            __m256i met = _mm256_blendv_epi8(key, v[i], larger[i]), before = key;
            if (i > 0) before = _mm256_blendv_epi8(key, v[i - 1], larger[i - 1]);
            __m256i left = _mm256_alignr_epi8(met, _mm256_permute2x128_si256(before, met, 0x21), 8);
            v[i] = _mm256_blendv_epi8(v[i], left, larger[i]);
        }
    }
    for (int i = 0; i < 8; i++) store(hot + 4 * i, v[i]);
    return fallen;
}

AVX2 static int64_t take(int64_t *hot) {
    __m256i v[9];
    for (int i = 0; i < 8; i++) v[i] = load(hot + 4 * i);
    v[8] = _mm256_set1_epi64x(INT64_MAX);
    int64_t first = _mm256_extract_epi64(v[0], 0);
    for (int i = 0; i < 8; i++) {
        store(hot + 4 * i, _mm256_alignr_epi8(_mm256_permute2x128_si256(v[i], v[i + 1], 0x21), v[i], 8));
    }
    return first;
}

// One stage of the transform within 8 values: each with its partner, which `partner` has; `sides` is 1 for the first of
// a pair and -1 for the second. A product with 1 or -1 is exact, so that the fused operation rounds like a sum.
#define STAGE_WITHIN(partner, sides) \
    for (int i = 0; i < 8; i++) v[i] = _mm256_fmadd_ps(v[i], sides, partner)

// One stage between registers that stand `half` apart.
#define STAGE_ACROSS(half)                                          \
    for (int pair = 0; pair < 4; pair++) {                          \
        const int i = 2 * pair - (pair & ((half) - 1));             \
        __m256 difference = _mm256_sub_ps(v[i], v[i + (half)]);     \
        v[i] = _mm256_add_ps(v[i], v[i + (half)]);                  \
        v[i + (half)] = difference;                                 \
    }

// The transform of 64 values, first multiplied by their signs, at last by `scale`.
AVX2_INLINE void hadamard_64(float *values, const float *signs, float scale) {
    const __m256 sides1 = _mm256_set_ps(-1, 1, -1, 1, -1, 1, -1, 1);
    const __m256 sides2 = _mm256_set_ps(-1, -1, 1, 1, -1, -1, 1, 1);
    const __m256 sides4 = _mm256_set_ps(-1, -1, -1, -1, 1, 1, 1, 1);
    __m256 v[8];
    for (int i = 0; i < 8; i++) v[i] = _mm256_mul_ps(_mm256_loadu_ps(values + 8 * i), _mm256_loadu_ps(signs + 8 * i));
    STAGE_WITHIN(_mm256_permute_ps(v[i], 0xb1), sides1);
    STAGE_WITHIN(_mm256_permute_ps(v[i], 0x4e), sides2);
    STAGE_WITHIN(_mm256_permute2f128_ps(v[i], v[i], 1), sides4);
    STAGE_ACROSS(1);
    STAGE_ACROSS(2);
    STAGE_ACROSS(4);
    for (int i = 0; i < 8; i++) _mm256_storeu_ps(values + 8 * i, _mm256_mul_ps(v[i], _mm256_set1_ps(scale)));
}

// Two stages in one pass over 4 * quarter values: halves of `quarter` and of twice that.
AVX2_INLINE void hadamard_quarters(float *values, size_t quarter, float scale) {
    const __m256 last = _mm256_set1_ps(scale);
    for (size_t i = 0; i < quarter; i += 8) {
        float *at = values + i;
        __m256 a = _mm256_loadu_ps(at), b = _mm256_loadu_ps(at + quarter);
        __m256 c = _mm256_loadu_ps(at + 2 * quarter), d = _mm256_loadu_ps(at + 3 * quarter);
        __m256 ab = _mm256_add_ps(a, b), a_b = _mm256_sub_ps(a, b);
        __m256 cd = _mm256_add_ps(c, d), c_d = _mm256_sub_ps(c, d);
        _mm256_storeu_ps(at, _mm256_mul_ps(_mm256_add_ps(ab, cd), last));
        _mm256_storeu_ps(at + quarter, _mm256_mul_ps(_mm256_add_ps(a_b, c_d), last));
        _mm256_storeu_ps(at + 2 * quarter, _mm256_mul_ps(_mm256_sub_ps(ab, cd), last));
        _mm256_storeu_ps(at + 3 * quarter, _mm256_mul_ps(_mm256_sub_ps(a_b, c_d), last));
    }
}

AVX2_INLINE void hadamard_halves(float *values, size_t half, float scale) {
    const __m256 last = _mm256_set1_ps(scale);
    for (size_t i = 0; i < half; i += 8) {
        __m256 a = _mm256_loadu_ps(values + i), b = _mm256_loadu_ps(values + half + i);
        _mm256_storeu_ps(values + i, _mm256_mul_ps(_mm256_add_ps(a, b), last));
        _mm256_storeu_ps(values + half + i, _mm256_mul_ps(_mm256_sub_ps(a, b), last));
    }
}

AVX2 static void rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    size_t power = 64;
    while (power * 2 <= length) power *= 2;
    const float scale = (float)(1.0 / sqrt((double)power));
    for (size_t round = 0; round < rounds; round++, signs += length) {
        const size_t start = round % 2 == 0 ? 0 : length - power;
        for (size_t i = 0; i < length; i += 8) {
            // Outside of the transform, before it or behind it.
            if (i == start) i += power;
            if (i == length) break;
            _mm256_storeu_ps(vector + i, _mm256_mul_ps(_mm256_loadu_ps(vector + i), _mm256_loadu_ps(signs + i)));
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
// not. Both parts of 2 groups stand in each lane, and one look-up a value fetches the right one for their entries.
AVX2 static int32_t make_table(const int8_t *values, size_t length, uint8_t *table) {
    // Byte n of lane g asks for value j of group g: 4 g + j, or 8 further when bit j of n is not set.
    const __m256i lanes = _mm256_set_epi64x(0x0404040404040404, 0x0404040404040404, 0, 0);
    const __m256i index[4] = {
        _mm256_add_epi8(lanes, _mm256_set1_epi16(0x0008)),
        _mm256_add_epi8(lanes, _mm256_set1_epi32(0x01010909)),
        _mm256_add_epi8(lanes, _mm256_set1_epi64x(0x020202020a0a0a0a)),
        _mm256_add_epi8(
            lanes, _mm256_set_epi64x(0x0303030303030303, 0x0b0b0b0b0b0b0b0b, 0x0303030303030303, 0x0b0b0b0b0b0b0b0b)),
    };
    const __m128i none = _mm_setzero_si128();
    __m128i magnitudes = none;
    for (size_t at = 0; at < length; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(values + at));
        __m128i positive = _mm_max_epi8(v, none), negative = _mm_sub_epi8(positive, v);
        magnitudes = _mm_add_epi64(magnitudes, _mm_sad_epu8(_mm_add_epi8(positive, negative), none));
        __m128i halves[2] = {_mm_unpacklo_epi64(positive, negative), _mm_unpackhi_epi64(positive, negative)};
        for (int half = 0; half < 2; half++) {
            __m256i parts = _mm256_broadcastsi128_si256(halves[half]);
            __m256i sum = _mm256_add_epi8(
                _mm256_add_epi8(_mm256_shuffle_epi8(parts, index[0]), _mm256_shuffle_epi8(parts, index[1])),
                _mm256_add_epi8(_mm256_shuffle_epi8(parts, index[2]), _mm256_shuffle_epi8(parts, index[3])));
            store(table + 4 * at + 32 * half, sum);
        }
    }
    return (int32_t)(_mm_cvtsi128_si64(magnitudes) + _mm_extract_epi64(magnitudes, 1));
}

// Bytes as signed 16 bits, 16 of them.
AVX2_INLINE __m256i wide(const uint8_t *bytes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

AVX2 static void compare_codes(
    const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits, nx_comparison *out) {
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi16(1), middle = _mm256_set1_epi16(128);
    __m256i rr = zero, cr = zero, rv = zero, cv = zero;
    for (size_t at = 0; at < length; at += 32) {
        __m256i n = load(node + at), x = load(neighbor + at);
        rv = _mm256_add_epi32(rv, _mm256_sad_epu8(x, n));
        uint32_t up = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(x, n), x));
        memcpy(bits + at / 8, &up, sizeof up);
        for (size_t i = at; i < at + 32; i += 16) {
            __m256i own = wide(node + i), r = _mm256_sub_epi16(wide(neighbor + i), own);
            __m256i c = _mm256_sub_epi16(own, middle);
            rr = _mm256_add_epi32(rr, _mm256_madd_epi16(r, r));
            cr = _mm256_add_epi32(cr, _mm256_madd_epi16(c, r));
            // A difference of 0 counts as positive.
            cv = _mm256_add_epi32(cv, _mm256_madd_epi16(c, _mm256_sign_epi16(ones, _mm256_or_si256(r, ones))));
        }
    }
    out->rr = folded(rr);
    out->cr = folded(cr);
    out->rv = folded(rv);
    out->cv = folded(cv);
    if (planes == 1) return;

    const int32_t largest_near = nx_code_step(out->rr, length);
    const __m256i step = _mm256_set1_epi8((char)largest_near), wide_step = _mm256_set1_epi16((int16_t)largest_near);
    rv = cv = zero;
    for (size_t at = 0; at < length; at += 32) {
        __m256i n = load(node + at), x = load(neighbor + at), larger = _mm256_max_epu8(x, n);
        __m256i distance = _mm256_sub_epi8(larger, _mm256_min_epu8(x, n));
        __m256i up = _mm256_cmpeq_epi8(larger, x), near = _mm256_cmpeq_epi8(_mm256_min_epu8(distance, step), distance);
        // Up and far, or neither.
        uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_xor_si256(up, near));
        memcpy(bits + length / 8 + at / 8, &second, sizeof second);
        for (size_t i = at; i < at + 32; i += 16) {
            __m256i own = wide(node + i), r = _mm256_sub_epi16(wide(neighbor + i), own);
            __m256i c = _mm256_sub_epi16(own, middle);
            // 1, and 2 more beyond the step.
            __m256i beyond = _mm256_cmpgt_epi16(_mm256_abs_epi16(r), wide_step);
            __m256i level = _mm256_sub_epi16(ones, _mm256_add_epi16(beyond, beyond));
            __m256i value = _mm256_sign_epi16(level, _mm256_or_si256(r, ones));
            rv = _mm256_add_epi32(rv, _mm256_madd_epi16(r, value));
            cv = _mm256_add_epi32(cv, _mm256_madd_epi16(c, value));
        }
    }
    out->rv = folded(rv);
    out->cv = folded(cv);
}

const nx_kernels nx_kernels_avx2 = {
    "avx2",      dots_u8s8, dot_f32, squared_l2_f32, dots_f32,      squared_l2s_f32, scan_row,
    select_near, insert, take, rotate,  make_table,     compare_codes,
};
#endif
