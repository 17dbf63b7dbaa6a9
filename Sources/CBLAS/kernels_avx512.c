// The kernels for AVX-512 with VNNI: one instruction multiplies 64 bytes and adds them into 16 sums of 32 bits.
#if defined(__x86_64__)
#include <immintrin.h>

#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

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

const nx_kernels nx_kernels_avx512 = {"avx512", dots_u8s8, dot_f32, squared_l2_f32};
#endif
