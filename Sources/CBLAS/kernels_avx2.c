// The kernels for AVX2: bytes are widened to 16 bits, because the one-step byte product (vpmaddubsw) saturates.
#if defined(__x86_64__)
#include <immintrin.h>

#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define AVX2 __attribute__((target("avx2")))

AVX2 static int32_t dot_row(const uint8_t *row, const int8_t *query, size_t length) {
    __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
    for (size_t j = 0; j < length; j += 32) {
        __m256i row0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + j)));
        __m256i row1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + j + 16)));
        __m256i query0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + j)));
        __m256i query1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + j + 16)));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(row0, query0));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(row1, query1));
    }
    __m256i sum = _mm256_add_epi32(even, odd);
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
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

AVX2 static float dot_f32(const float *a, const float *b, size_t length) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 4; j++) {
            __m256 product = _mm256_mul_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j));
            sums[j] = _mm256_add_ps(sums[j], product);
        }
    }
    float lanes[nx_lanes];
    for (int j = 0; j < 4; j++) _mm256_storeu_ps(lanes + 8 * j, sums[j]);
    for (size_t j = 0; i + j < length; j++) lanes[j] = lanes[j] + a[i + j] * b[i + j];
    return nx_fold_lanes(lanes);
}

AVX2 static float squared_l2_f32(const float *a, const float *b, size_t length) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 4; j++) {
            __m256 difference = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8 * j), _mm256_loadu_ps(b + i + 8 * j));
            sums[j] = _mm256_add_ps(sums[j], _mm256_mul_ps(difference, difference));
        }
    }
    float lanes[nx_lanes];
    for (int j = 0; j < 4; j++) _mm256_storeu_ps(lanes + 8 * j, sums[j]);
    for (size_t j = 0; i + j < length; j++) {
        float difference = a[i + j] - b[i + j];
        lanes[j] = lanes[j] + difference * difference;
    }
    return nx_fold_lanes(lanes);
}

const nx_kernels nx_kernels_avx2 = {"avx2", dots_u8s8, dot_f32, squared_l2_f32};
#endif
