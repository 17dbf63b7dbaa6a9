// The kernels for AVX-512 with VNNI and VBMI (Ice Lake, Zen 4 and later): one instruction multiplies 64 bytes and adds
// them into 16 sums of 32 bits, another looks 64 bytes up in a table of 64.
#if defined(__x86_64__)
#include <immintrin.h>

#include "bodies.h"
#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,avx2,fma,f16c")))

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

AVX512 static float dot_f32(const float *a, const float *b, size_t length) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        low = _mm512_add_ps(low, _mm512_mul_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
        high = _mm512_add_ps(high, _mm512_mul_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16)));
    }
    float lanes[nx_lanes];
    _mm512_storeu_ps(lanes, low);
    _mm512_storeu_ps(lanes + 16, high);
    for (size_t j = 0; i + j < length; j++) lanes[j] = lanes[j] + a[i + j] * b[i + j];
    return nx_fold_lanes(lanes);
}

AVX512 static float squared_l2_f32(const float *a, const float *b, size_t length) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        __m512 first = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        __m512 second = _mm512_sub_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16));
        low = _mm512_add_ps(low, _mm512_mul_ps(first, first));
        high = _mm512_add_ps(high, _mm512_mul_ps(second, second));
    }
    float lanes[nx_lanes];
    _mm512_storeu_ps(lanes, low);
    _mm512_storeu_ps(lanes + 16, high);
    for (size_t j = 0; i + j < length; j++) {
        float difference = a[i + j] - b[i + j];
        lanes[j] = lanes[j] + difference * difference;
    }
    return nx_fold_lanes(lanes);
}

AVX512 static void dots_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) {
            const char *coming = (const char *)(rows + (size_t)ids[i + 2] * length);
            for (size_t j = 0; j < 4 * length; j += 64) _mm_prefetch(coming + j, _MM_HINT_T0);
        }
        out[i] = dot_f32(query, rows + (size_t)ids[i] * length, length);
    }
}

AVX512 static void squared_l2s_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) {
            const char *coming = (const char *)(rows + (size_t)ids[i + 2] * length);
            for (size_t j = 0; j < 4 * length; j += 64) _mm_prefetch(coming + j, _MM_HINT_T0);
        }
        out[i] = squared_l2_f32(query, rows + (size_t)ids[i] * length, length);
    }
}

// A 64-byte load is 4 groups of 16 slots' bytes. They are turned so that the 4 bytes of a slot stand together, each with
// its group's number in bits 4 and 5; then one look-up in a table of 64 serves all, and the byte product with ones adds
// a slot's four.
AVX512 static int32_t scan_row(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums) {
    const __m512i turn = _mm512_set_epi32(
        0x3f2f1f0f, 0x3e2e1e0e, 0x3d2d1d0d, 0x3c2c1c0c, 0x3b2b1b0b, 0x3a2a1a0a, 0x39291909, 0x38281808, 0x37271707,
        0x36261606, 0x35251505, 0x34241404, 0x33231303, 0x32221202, 0x31211101, 0x30201000);
    const __m512i nibble = _mm512_set1_epi8(0x0f), group = _mm512_set1_epi32(0x30201000), ones = _mm512_set1_epi8(1);
    const size_t length = shape->code_bytes, stride = shape->stride;
    const uint8_t *codes = row + length;
    size_t fetched = 0;
    for (size_t block = 0; block < shape->blocks; block++) {
        __m512i low = _mm512_setzero_si512(), high = low;
        for (size_t plane = 0; plane < shape->planes; plane++) {
            low = _mm512_add_epi32(low, low);
            high = _mm512_add_epi32(high, high);
            for (size_t at = 0; at < 4 * length; at += 64, codes += 64) {
                __m512i bytes = _mm512_permutexvar_epi8(turn, _mm512_loadu_si512(codes));
                __m512i entries = _mm512_loadu_si512(query->table + at);
                // (bytes & nibble) | group
                __m512i low_index = _mm512_ternarylogic_epi32(bytes, nibble, group, 0xea);
                __m512i high_index = _mm512_ternarylogic_epi32(_mm512_srli_epi16(bytes, 4), nibble, group, 0xea);
                low = _mm512_dpbusd_epi32(low, _mm512_permutexvar_epi8(low_index, entries), ones);
                high = _mm512_dpbusd_epi32(high, _mm512_permutexvar_epi8(high_index, entries), ones);
                if (fetched < stride) {
                    _mm_prefetch((const char *)next + fetched, _MM_HINT_T0);
                    if (at & 64) _mm_prefetch((const char *)next + fetched + 64, _MM_HINT_T0);
                    fetched += at & 64 ? 128 : 64;
                }
            }
        }
        _mm512_storeu_si512(sums + block * NX_BLOCK, low);
        _mm512_storeu_si512(sums + block * NX_BLOCK + 16, high);
    }
    for (; fetched < stride; fetched += 64) _mm_prefetch((const char *)next + fetched, _MM_HINT_T0);
    __m512i even = _mm512_setzero_si512(), odd = even;
    size_t j = 0;
    for (; j + 128 <= length; j += 128) {
        even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(row + j), _mm512_loadu_si512(query->code + j));
        odd = _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(row + j + 64), _mm512_loadu_si512(query->code + j + 64));
    }
    if (j < length) even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(row + j), _mm512_loadu_si512(query->code + j));
    return _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
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

// The list lives in four registers while keys go in: every value is met by its left neighbour and the key.
AVX512 static size_t insert(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow) {
    __m512i a = _mm512_loadu_si512(hot), b = _mm512_loadu_si512(hot + 8), c = _mm512_loadu_si512(hot + 16),
            d = _mm512_loadu_si512(hot + 24);
    const __m512i lowest = _mm512_set1_epi64(INT64_MIN);
    size_t fallen = 0;
    for (size_t i = 0; i < count; i++) {
        const __m512i key = _mm512_set1_epi64(keys[i]);
        __m128i last = _mm512_extracti64x2_epi64(_mm512_max_epi64(d, key), 3);
        overflow[fallen] = _mm_extract_epi64(last, 1);
        fallen += overflow[fallen] != INT64_MAX;
        d = _mm512_min_epi64(d, _mm512_max_epi64(_mm512_alignr_epi64(d, c, 7), key));
        c = _mm512_min_epi64(c, _mm512_max_epi64(_mm512_alignr_epi64(c, b, 7), key));
        b = _mm512_min_epi64(b, _mm512_max_epi64(_mm512_alignr_epi64(b, a, 7), key));
        a = _mm512_min_epi64(a, _mm512_max_epi64(_mm512_alignr_epi64(a, lowest, 7), key));
    }
    _mm512_storeu_si512(hot, a);
    _mm512_storeu_si512(hot + 8, b);
    _mm512_storeu_si512(hot + 16, c);
    _mm512_storeu_si512(hot + 24, d);
    return fallen;
}

AVX512 static void rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    nx_rotate_body(vector, length, signs, rounds);
}

AVX512 static int32_t make_table(const int8_t *values, size_t length, uint8_t *table) {
    return nx_make_table_body(values, length, table);
}

AVX512 static void compare_codes(
    const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits, nx_comparison *out) {
    nx_compare_codes_body(node, neighbor, length, planes, bits, out);
}

const nx_kernels nx_kernels_avx512 = {
    "avx512", dots_u8s8, dot_f32,    squared_l2_f32, dots_f32,     squared_l2s_f32, scan_row,
    select_near, insert,    rotate,     make_table,     compare_codes,
};
#endif
