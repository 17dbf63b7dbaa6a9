// The kernels for AVX-512 with VNNI and VBMI (Ice Lake, Zen 4 and later): one instruction multiplies 64 bytes and adds
// them into 16 sums of 32 bits, another looks 64 bytes up in a table of 64.
#if defined(__x86_64__)
#include <immintrin.h>

#include "bodies.h"
#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define AVX512_TARGET target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,avx2,fma,f16c")
#define AVX512 __attribute__((AVX512_TARGET))
#define AVX512_INLINE __attribute__((always_inline, AVX512_TARGET)) static inline

AVX512 static void dots_u8s8(
    const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
    int32_t *out) {
    enum { ahead = 4 };
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count) {
            const uint8_t *coming = rows + (size_t)ids[i + ahead] * stride;
            for (size_t j = 0; j < length; j += 64) _mm_prefetch((const char *)coming + j, _MM_HINT_T0);
        }
        const uint8_t *row = rows + (size_t)ids[i] * stride;
        __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
        size_t j = 0;
        for (; j + 128 <= length; j += 128) {
            even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(row + j), _mm512_loadu_si512(query + j));
            odd = _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(row + j + 64), _mm512_loadu_si512(query + j + 64));
        }
        if (j < length) even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(row + j), _mm512_loadu_si512(query + j));
        out[i] = _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
    }
}

// The 32 lanes in halves, as nx_fold_lanes does.
AVX512_INLINE float folded_lanes(__m512 low, __m512 high) {
    __m512 sixteen = _mm512_add_ps(low, high);
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps(sixteen, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

AVX512_INLINE float dot_one(const float *a, const float *b, size_t length) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        low = _mm512_add_ps(low, _mm512_mul_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
        high = _mm512_add_ps(high, _mm512_mul_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16)));
    }
    if (i < length) {
        // Lanes beyond the end stay as they are.
        const uint32_t known = (1u << (length - i)) - 1;
        const __mmask16 first = (__mmask16)known, second = (__mmask16)(known >> 16);
        __m512 a0 = _mm512_maskz_loadu_ps(first, a + i), b0 = _mm512_maskz_loadu_ps(first, b + i);
        __m512 a1 = _mm512_maskz_loadu_ps(second, a + i + 16), b1 = _mm512_maskz_loadu_ps(second, b + i + 16);
        low = _mm512_mask_add_ps(low, first, low, _mm512_mul_ps(a0, b0));
        high = _mm512_mask_add_ps(high, second, high, _mm512_mul_ps(a1, b1));
    }
    return folded_lanes(low, high);
}

AVX512_INLINE float squared_l2_one(const float *a, const float *b, size_t length) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        __m512 d0 = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        __m512 d1 = _mm512_sub_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16));
        low = _mm512_add_ps(low, _mm512_mul_ps(d0, d0));
        high = _mm512_add_ps(high, _mm512_mul_ps(d1, d1));
    }
    if (i < length) {
        const uint32_t known = (1u << (length - i)) - 1;
        const __mmask16 first = (__mmask16)known, second = (__mmask16)(known >> 16);
        __m512 d0 = _mm512_sub_ps(_mm512_maskz_loadu_ps(first, a + i), _mm512_maskz_loadu_ps(first, b + i));
        __m512 d1 =
            _mm512_sub_ps(_mm512_maskz_loadu_ps(second, a + i + 16), _mm512_maskz_loadu_ps(second, b + i + 16));
        low = _mm512_mask_add_ps(low, first, low, _mm512_mul_ps(d0, d0));
        high = _mm512_mask_add_ps(high, second, high, _mm512_mul_ps(d1, d1));
    }
    return folded_lanes(low, high);
}

AVX512 static float dot_f32(const float *a, const float *b, size_t length) { return dot_one(a, b, length); }

AVX512 static float squared_l2_f32(const float *a, const float *b, size_t length) {
    return squared_l2_one(a, b, length);
}

AVX512_INLINE void prefetch_vector(const float *vector, size_t length) {
    for (size_t j = 0; j < length; j += 16) _mm_prefetch((const char *)(vector + j), _MM_HINT_T0);
    _mm_prefetch((const char *)(vector + length - 1), _MM_HINT_T0);
}

AVX512 static void dots_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = dot_one(query, rows + (size_t)ids[i] * length, length);
    }
}

AVX512 static void squared_l2s_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < 2 && i < count; i++) prefetch_vector(rows + (size_t)ids[i] * length, length);
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) prefetch_vector(rows + (size_t)ids[i + 2] * length, length);
        out[i] = squared_l2_one(query, rows + (size_t)ids[i] * length, length);
    }
}

// A 64-byte load is 4 groups of 16 slots' bytes. They are turned so that the 4 bytes of a slot stand together, each with
// its group's number in bits 4 and 5; then one look-up in a table of 64 serves all, and the byte product with ones adds
// a slot's four. Two loads a step, with sums of their own, because a product waits for the one before it.
AVX512 static int32_t scan_row(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums) {
    const __m512i turn = _mm512_set_epi32(
        0x3f2f1f0f, 0x3e2e1e0e, 0x3d2d1d0d, 0x3c2c1c0c, 0x3b2b1b0b, 0x3a2a1a0a, 0x39291909, 0x38281808, 0x37271707,
        0x36261606, 0x35251505, 0x34241404, 0x33231303, 0x32221202, 0x31211101, 0x30201000);
    const __m512i nibble = _mm512_set1_epi8(0x0f), group = _mm512_set1_epi32(0x30201000), ones = _mm512_set1_epi8(1);
    const size_t length = shape->code_bytes;
    const uint8_t *codes = row + length;
    // A number: the address may be none.
    uintptr_t fetched = (uintptr_t)next;
    size_t lines = shape->stride / 64;
    for (size_t block = 0; block < shape->blocks; block++) {
        __m512i low[2], high[2];
        low[0] = low[1] = high[0] = high[1] = _mm512_setzero_si512();
        for (size_t plane = 0; plane < shape->planes; plane++) {
            for (int i = 0; i < 2; i++) {
                low[i] = _mm512_add_epi32(low[i], low[i]);
                high[i] = _mm512_add_epi32(high[i], high[i]);
            }
            for (size_t at = 0; at < 4 * length; at += 128, codes += 128) {
                for (int i = 0; i < 2; i++) {
                    __m512i bytes = _mm512_permutexvar_epi8(turn, _mm512_loadu_si512(codes + 64 * i));
                    __m512i entries = _mm512_loadu_si512(query->table + at + 64 * i);
                    // (bytes & nibble) | group
                    __m512i low_index = _mm512_ternarylogic_epi32(bytes, nibble, group, 0xea);
                    __m512i high_index = _mm512_ternarylogic_epi32(_mm512_srli_epi16(bytes, 4), nibble, group, 0xea);
                    low[i] = _mm512_dpbusd_epi32(low[i], _mm512_permutexvar_epi8(low_index, entries), ones);
                    high[i] = _mm512_dpbusd_epi32(high[i], _mm512_permutexvar_epi8(high_index, entries), ones);
                }
                if (lines >= 3) {
                    for (int i = 0; i < 3; i++) _mm_prefetch((const char *)(fetched + 64 * (uintptr_t)i), _MM_HINT_T0);
                    fetched += 3 * 64;
                    lines -= 3;
                }
            }
        }
        _mm512_storeu_si512(sums + block * NX_BLOCK, _mm512_add_epi32(low[0], low[1]));
        _mm512_storeu_si512(sums + block * NX_BLOCK + 16, _mm512_add_epi32(high[0], high[1]));
    }
    for (; lines > 0; lines--, fetched += 64) _mm_prefetch((const char *)fetched, _MM_HINT_T0);
    __m512i own[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    size_t j = 0;
    for (; j + 128 <= length; j += 128) {
        for (int i = 0; i < 2; i++) {
            own[i] = _mm512_dpbusd_epi32(
                own[i], _mm512_loadu_si512(row + j + 64 * i), _mm512_loadu_si512(query->code + j + 64 * i));
        }
    }
    if (j < length) {
        own[0] = _mm512_dpbusd_epi32(own[0], _mm512_loadu_si512(row + j), _mm512_loadu_si512(query->code + j));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(own[0], own[1]));
}

AVX512 static size_t select_near(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const int32_t *sums, float base, float limit,
    uint32_t *ids, float *distances) {
    const size_t slots = (size_t)shape->blocks * NX_BLOCK;
    const uint8_t *fa = row + shape->factors_offset, *fr = fa + 2 * slots, *known = row + shape->ids_offset;
    const __m512 scale = _mm512_set1_ps(query->scale), offset = _mm512_set1_ps(query->offset);
    size_t count = 0;
    for (size_t i = 0; i < slots; i += 16) {
        __m512 a = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(fa + 2 * i)));
        __m512 r = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(fr + 2 * i)));
        __m512 product = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(_mm512_loadu_si512(sums + i)), offset);
        __m512 distance = _mm512_sub_ps(_mm512_set1_ps(base), _mm512_fmadd_ps(r, product, a));
        __mmask16 near = _mm512_cmp_ps_mask(distance, _mm512_set1_ps(limit), _CMP_LT_OQ);
        _mm512_storeu_ps(distances + count, _mm512_maskz_compress_ps(near, distance));
        _mm512_storeu_si512(ids + count, _mm512_maskz_compress_epi32(near, _mm512_loadu_si512(known + 4 * i)));
        count += (size_t)__builtin_popcount(near);
    }
    return count;
}

AVX512_INLINE int64_t last_of(__m512i values) {
    return _mm_extract_epi64(_mm512_extracti64x2_epi64(values, 3), 1);
}

// The list lives in four registers while keys go in, two at a time: with the smaller and the larger key, a place gets the
// least of its value, its left neighbour or the smaller key if that is larger, and the one left of that or the larger.
AVX512 static size_t insert(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow) {
    __m512i a = _mm512_loadu_si512(hot), b = _mm512_loadu_si512(hot + 8), c = _mm512_loadu_si512(hot + 16),
            d = _mm512_loadu_si512(hot + 24);
    size_t fallen = 0;
    for (size_t i = 0; i < count; i += 2) {
        const __m512i first = _mm512_set1_epi64(keys[i]);
        const __m512i second = _mm512_set1_epi64(i + 1 < count ? keys[i + 1] : INT64_MAX);
        const __m512i less = _mm512_min_epi64(first, second), more = _mm512_max_epi64(first, second);
        // What falls out is that of one after the other.
        overflow[fallen] = last_of(_mm512_max_epi64(d, first));
        fallen += overflow[fallen] != INT64_MAX;
        const __m512i after = _mm512_min_epi64(d, _mm512_max_epi64(_mm512_alignr_epi64(d, c, 7), first));
        overflow[fallen] = last_of(_mm512_max_epi64(after, second));
        fallen += overflow[fallen] != INT64_MAX;
        const __m512i a1 = _mm512_max_epi64(a, less), a2 = _mm512_max_epi64(a, more);
        const __m512i b1 = _mm512_max_epi64(b, less), b2 = _mm512_max_epi64(b, more);
        const __m512i c1 = _mm512_max_epi64(c, less), c2 = _mm512_max_epi64(c, more);
        const __m512i d1 = _mm512_max_epi64(d, less), d2 = _mm512_max_epi64(d, more);
        a = _mm512_min_epi64(a, _mm512_min_epi64(_mm512_alignr_epi64(a1, less, 7), _mm512_alignr_epi64(a2, more, 6)));
        b = _mm512_min_epi64(b, _mm512_min_epi64(_mm512_alignr_epi64(b1, a1, 7), _mm512_alignr_epi64(b2, a2, 6)));
        c = _mm512_min_epi64(c, _mm512_min_epi64(_mm512_alignr_epi64(c1, b1, 7), _mm512_alignr_epi64(c2, b2, 6)));
        d = _mm512_min_epi64(d, _mm512_min_epi64(_mm512_alignr_epi64(d1, c1, 7), _mm512_alignr_epi64(d2, c2, 6)));
    }
    _mm512_storeu_si512(hot, a);
    _mm512_storeu_si512(hot + 8, b);
    _mm512_storeu_si512(hot + 16, c);
    _mm512_storeu_si512(hot + 24, d);
    return fallen;
}

AVX512 static int64_t take(int64_t *hot) {
    // Whole registers, so that the loads meet the stores of `insert`.
    __m512i a = _mm512_loadu_si512(hot), b = _mm512_loadu_si512(hot + 8), c = _mm512_loadu_si512(hot + 16),
            d = _mm512_loadu_si512(hot + 24);
    _mm512_storeu_si512(hot, _mm512_alignr_epi64(b, a, 1));
    _mm512_storeu_si512(hot + 8, _mm512_alignr_epi64(c, b, 1));
    _mm512_storeu_si512(hot + 16, _mm512_alignr_epi64(d, c, 1));
    _mm512_storeu_si512(hot + 24, _mm512_alignr_epi64(_mm512_set1_epi64(INT64_MAX), d, 1));
    return _mm_cvtsi128_si64(_mm512_castsi512_si128(a));
}

// One stage of the transform within 16 values: each with its partner, which `partner` has; `sides` is 1 for the first of
// a pair and -1 for the second. A product with 1 or -1 is exact, so that the fused operation rounds like a sum.
#define STAGE_WITHIN(partner, sides) \
    for (int i = 0; i < count; i++) v[i] = _mm512_fmadd_ps(v[i], sides, partner)

// One stage between registers that stand `half` apart. (Without branches, so that the compiler unrolls it and keeps the
// registers in registers.)
#define STAGE_ACROSS(half)                                                             \
    for (int pair = 0; pair < count / 2 && (half) < count; pair++) {                   \
        const int i = 2 * pair - (pair & ((half) - 1));                                \
        __m512 difference = _mm512_sub_ps(v[i], v[i + (half)]);                        \
        v[i] = _mm512_add_ps(v[i], v[i + (half)]);                                     \
        v[i + (half)] = difference;                                                    \
    }

// The transform of 16 * count values, count at most 16: all of them in registers. Each is first multiplied by its sign,
// at last by `scale`.
AVX512_INLINE void hadamard_block(
    float *values, const float *signs, const int count, float scale) {
    const __m512 one = _mm512_set1_ps(1);
    const __m512 sides1 = _mm512_mask_sub_ps(one, 0xaaaa, _mm512_setzero_ps(), one);
    const __m512 sides2 = _mm512_mask_sub_ps(one, 0xcccc, _mm512_setzero_ps(), one);
    const __m512 sides4 = _mm512_mask_sub_ps(one, 0xf0f0, _mm512_setzero_ps(), one);
    const __m512 sides8 = _mm512_mask_sub_ps(one, 0xff00, _mm512_setzero_ps(), one);
    __m512 v[16];
    for (int i = 0; i < count; i++) {
        v[i] = _mm512_mul_ps(_mm512_loadu_ps(values + 16 * i), _mm512_loadu_ps(signs + 16 * i));
    }
    STAGE_WITHIN(_mm512_permute_ps(v[i], 0xb1), sides1);
    STAGE_WITHIN(_mm512_permute_ps(v[i], 0x4e), sides2);
    STAGE_WITHIN(_mm512_shuffle_f32x4(v[i], v[i], 0xb1), sides4);
    STAGE_WITHIN(_mm512_shuffle_f32x4(v[i], v[i], 0x4e), sides8);
    STAGE_ACROSS(1);
    STAGE_ACROSS(2);
    STAGE_ACROSS(4);
    STAGE_ACROSS(8);
    for (int i = 0; i < count; i++) _mm512_storeu_ps(values + 16 * i, _mm512_mul_ps(v[i], _mm512_set1_ps(scale)));
}

AVX512 static void rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    size_t power = 64;
    while (power * 2 <= length) power *= 2;
    const float scale = (float)(1.0 / sqrt((double)power));
    const __m512 half_root = _mm512_set1_ps(0.70710678f);
    for (size_t round = 0; round < rounds; round++, signs += length) {
        const size_t start = round % 2 == 0 ? 0 : length - power, end = start + power;
        for (size_t i = 0; i < start; i += 16) {
            _mm512_storeu_ps(vector + i, _mm512_mul_ps(_mm512_loadu_ps(vector + i), _mm512_loadu_ps(signs + i)));
        }
        for (size_t i = end; i < length; i += 16) {
            _mm512_storeu_ps(vector + i, _mm512_mul_ps(_mm512_loadu_ps(vector + i), _mm512_loadu_ps(signs + i)));
        }
        float *part = vector + start;
        if (power == 64) {
            hadamard_block(part, signs + start, 4, scale);
        } else if (power == 128) {
            hadamard_block(part, signs + start, 8, scale);
        } else {
            for (size_t i = 0; i < power; i += 256) {
                hadamard_block(part + i, signs + start + i, 16, power == 256 ? scale : 1);
            }
        }
        for (size_t half = 256; half < power; half *= 2) {
            const __m512 last = _mm512_set1_ps(2 * half == power ? scale : 1);
            for (size_t block = 0; block < power; block += 2 * half) {
                for (size_t i = block; i < block + half; i += 16) {
                    __m512 a = _mm512_loadu_ps(part + i), b = _mm512_loadu_ps(part + i + half);
                    _mm512_storeu_ps(part + i, _mm512_mul_ps(_mm512_add_ps(a, b), last));
                    _mm512_storeu_ps(part + i + half, _mm512_mul_ps(_mm512_sub_ps(a, b), last));
                }
            }
        }
        if (power < length) {
            for (size_t i = 0; i < length / 2; i += 16) {
                __m512 a = _mm512_loadu_ps(vector + i), b = _mm512_loadu_ps(vector + length / 2 + i);
                _mm512_storeu_ps(vector + i, _mm512_mul_ps(_mm512_add_ps(a, b), half_root));
                _mm512_storeu_ps(vector + length / 2 + i, _mm512_mul_ps(_mm512_sub_ps(a, b), half_root));
            }
        }
    }
}

// An entry is a sum of four: of each value its positive part where its bit is set, its negative part's magnitude where
// not. Both parts of 8 groups stand in one register, as dwords P0 N0 P1 N1..., and one look-up a value fetches the right
// one for 4 groups' entries.
AVX512 static int32_t make_table(const int8_t *values, size_t length, uint8_t *table) {
    // Byte n of lane g asks for value j of group g: 8 g + j, or 4 further when bit j of n is not set.
    const __m512i lanes = _mm512_set_epi32(
        0x18181818, 0x18181818, 0x18181818, 0x18181818, 0x10101010, 0x10101010, 0x10101010, 0x10101010, 0x08080808,
        0x08080808, 0x08080808, 0x08080808, 0, 0, 0, 0);
    const __m512i index[4] = {
        _mm512_add_epi8(lanes, _mm512_set1_epi16(0x0004)),
        _mm512_add_epi8(lanes, _mm512_set1_epi32(0x01010505)),
        _mm512_add_epi8(lanes, _mm512_set1_epi64(0x0202020206060606)),
        _mm512_add_epi8(lanes, _mm512_set4_epi32(0x03030303, 0x03030303, 0x07070707, 0x07070707)),
    };
    // Groups 0, 1, 8, 9, 2, 3, 10, 11...: the two interleavings then give 0 to 7 and 8 to 15.
    const __m512i order = _mm512_set_epi32(15, 14, 7, 6, 13, 12, 5, 4, 11, 10, 3, 2, 9, 8, 1, 0);
    __m512i magnitudes = _mm512_setzero_si512();
    for (size_t at = 0; at < length; at += 64) {
        const size_t left = length - at;
        const __mmask16 known = left >= 64 ? 0xffff : (__mmask16)((1u << left / 4) - 1);
        __m512i v = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi32(known, values + at));
        __m512i positive = _mm512_max_epi8(v, _mm512_setzero_si512()), negative = _mm512_sub_epi8(positive, v);
        magnitudes = _mm512_dpbusd_epi32(magnitudes, _mm512_add_epi8(positive, negative), _mm512_set1_epi8(1));
        __m512i halves[2] = {
            _mm512_unpacklo_epi32(positive, negative), _mm512_unpackhi_epi32(positive, negative)};
        for (size_t quarter = 0; quarter < 4 && 16 * quarter < left; quarter++) {
            __m512i parts = halves[quarter / 2];
            if (quarter % 2) parts = _mm512_shuffle_i64x2(parts, parts, 0xee);
            __m512i sum = _mm512_add_epi8(
                _mm512_add_epi8(_mm512_permutexvar_epi8(index[0], parts), _mm512_permutexvar_epi8(index[1], parts)),
                _mm512_add_epi8(_mm512_permutexvar_epi8(index[2], parts), _mm512_permutexvar_epi8(index[3], parts)));
            _mm512_storeu_si512(table + 4 * at + 64 * quarter, sum);
        }
    }
    return _mm512_reduce_add_epi32(magnitudes);
}

// The four sums of a comparison, in the order of nx_comparison.
AVX512_INLINE __m128i folded(__m512i a, __m512i b, __m512i c, __m512i d) {
    // Four registers of 8 sums, then pairs of neighbours side by side.
    __m256i a8 = _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    __m256i b8 = _mm256_add_epi32(_mm512_castsi512_si256(b), _mm512_extracti64x4_epi64(b, 1));
    __m256i c8 = _mm256_add_epi32(_mm512_castsi512_si256(c), _mm512_extracti64x4_epi64(c, 1));
    __m256i d8 = _mm256_add_epi32(_mm512_castsi512_si256(d), _mm512_extracti64x4_epi64(d, 1));
    __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a8, b8), _mm256_hadd_epi32(c8, d8));
    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

// With a and b the signed codes of node and neighbour, n and x the bytes they are kept as (128 more), and s the signs of
// r = b - a: rr = (x b - x a) - (n b - n a), cr = x a - n a, rv = x s - n s, cv = n s - 128 s, all of them sums of
// products of a u8 and an s8. The 128 that u8 has too much falls out of the differences, but for cv's.
AVX512 static void compare_codes(
    const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits, nx_comparison *out) {
    const __m512i top = _mm512_set1_epi8((char)0x80), zero = _mm512_setzero_si512();
    const __m512i plus = _mm512_set1_epi8(1), minus = _mm512_set1_epi8(-1);
    __m512i xb = zero, xa = zero, na = zero, nb = zero, xs = zero, ns = zero;
    int32_t signs = 0;
    for (size_t at = 0; at < length; at += 64) {
        __m512i n = _mm512_loadu_si512(node + at), x = _mm512_loadu_si512(neighbor + at);
        __m512i a = _mm512_xor_si512(n, top), b = _mm512_xor_si512(x, top);
        __mmask64 up = _mm512_cmpge_epu8_mask(x, n);
        __m512i s = _mm512_mask_mov_epi8(minus, up, plus);
        xb = _mm512_dpbusd_epi32(xb, x, b);
        xa = _mm512_dpbusd_epi32(xa, x, a);
        na = _mm512_dpbusd_epi32(na, n, a);
        nb = _mm512_dpbusd_epi32(nb, n, b);
        xs = _mm512_dpbusd_epi32(xs, x, s);
        ns = _mm512_dpbusd_epi32(ns, n, s);
        signs += 2 * (int32_t)__builtin_popcountll(up) - 64;
        memcpy(bits + at / 8, &up, sizeof up);
    }
    __m512i cr = _mm512_sub_epi32(xa, na);
    __m512i rr = _mm512_sub_epi32(_mm512_sub_epi32(xb, nb), cr);
    __m128i sums = folded(rr, _mm512_sub_epi32(xs, ns), cr, ns);
    sums = _mm_sub_epi32(sums, _mm_set_epi32(128 * signs, 0, 0, 0));
    _mm_storeu_si128((__m128i *)out, sums);
    if (planes == 1) return;

    const __m512i step = _mm512_set1_epi8((char)nx_code_step(out->rr, length));
    const __m512i plus3 = _mm512_set1_epi8(3), minus3 = _mm512_set1_epi8(-3);
    __m512i xv = zero, nv = zero;
    int32_t values = 0;
    for (size_t at = 0; at < length; at += 64) {
        __m512i n = _mm512_loadu_si512(node + at), x = _mm512_loadu_si512(neighbor + at);
        __mmask64 up = _mm512_cmpge_epu8_mask(x, n);
        __m512i distance = _mm512_sub_epi8(_mm512_max_epu8(x, n), _mm512_min_epu8(x, n));
        __mmask64 far = _mm512_cmpgt_epu8_mask(distance, step), second = ~(up ^ far);
        __m512i v = _mm512_mask_mov_epi8(minus, up, plus);
        v = _mm512_mask_mov_epi8(v, far, _mm512_mask_mov_epi8(minus3, up, plus3));
        xv = _mm512_dpbusd_epi32(xv, x, v);
        nv = _mm512_dpbusd_epi32(nv, n, v);
        values += 4 * (int32_t)__builtin_popcountll(up) + 2 * (int32_t)__builtin_popcountll(second) - 3 * 64;
        memcpy(bits + length / 8 + at / 8, &second, sizeof second);
    }
    out->rv = _mm512_reduce_add_epi32(_mm512_sub_epi32(xv, nv));
    out->cv = _mm512_reduce_add_epi32(nv) - 128 * values;
}

const nx_kernels nx_kernels_avx512 = {
    "avx512", dots_u8s8, dot_f32,    squared_l2_f32, dots_f32,     squared_l2s_f32, scan_row,
    select_near, insert, take, rotate,     make_table,     compare_codes,
};
#endif
