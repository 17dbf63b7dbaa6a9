#include "include/encoding.h"

#include <string.h>

#include "include/kernels.h"

#pragma STDC FP_CONTRACT OFF

// Built for several instruction sets, of which the program loader takes the best: what stands here has one order of
// operations, and no level fuses any, so that the bits are the same. Not under ThreadSanitizer: the loader would ask its
// instrumented code before its runtime has started.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NX_IS_THREAD_SANITIZED 1
#endif
#endif
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(NX_IS_THREAD_SANITIZED)
#define NX_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NX_CLONES
#endif

NX_CLONES double nx_sum_of_squares(const float *vector, size_t length) {
    double lanes[8] = {0};
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        for (int j = 0; j < 8; j++) lanes[j] += (double)vector[i + j] * (double)vector[i + j];
    }
    for (int j = 0; i < length; i++, j++) lanes[j] += (double)vector[i] * (double)vector[i];
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

// The largest magnitude as bits: without their sign, floats are ordered as their bits are, NaN beyond infinity, and a
// maximum of integers is one instruction for many where that of floats is a branch each.
static inline __attribute__((always_inline)) uint32_t largest_bits(const float *vector, size_t length) {
    uint32_t largest = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t bits;
        memcpy(&bits, vector + i, sizeof bits);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

NX_CLONES float nx_largest_magnitude(const float *vector, size_t length) {
    uint32_t bits = largest_bits(vector, length);
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    return magnitude;
}

NX_CLONES int nx_all_finite(const float *vector, size_t length) { return largest_bits(vector, length) < 0x7f800000u; }

// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even, without a call. NaN becomes -127.
static inline float rounded(float value, float scale) {
    const float magic = 12582912.0f;
    float scaled = value * scale;
    scaled = scaled > -127.0f ? scaled : -127.0f;
    scaled = scaled < 127.0f ? scaled : 127.0f;
    return (scaled + magic) - magic;
}

NX_CLONES void nx_scaled_copy(const float *vector, size_t length, double factor, float *out) {
    for (size_t i = 0; i < length; i++) out[i] = (float)((double)vector[i] * factor);
}

NX_CLONES void nx_quantise_s8(const float *vector, size_t length, float scale, int8_t *codes) {
    for (size_t i = 0; i < length; i++) codes[i] = (int8_t)(int32_t)rounded(vector[i], scale);
}

NX_CLONES void nx_quantise_u8(const float *vector, size_t length, float scale, uint8_t *codes) {
    for (size_t i = 0; i < length; i++) codes[i] = (uint8_t)((int32_t)rounded(vector[i], scale) + 128);
}

uint16_t nx_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) {
        // A subnormal half: adding one half moves the last bit that is kept to the float's last bit, rounded.
        float kept;
        memcpy(&kept, &magnitude, sizeof kept);
        kept += 0.5f;
        uint32_t rounded_bits;
        memcpy(&rounded_bits, &kept, sizeof rounded_bits);
        return (uint16_t)(sign | (rounded_bits - 0x3f000000u));
    }
    magnitude += 0xfffu + (magnitude >> 13 & 1u);
    return (uint16_t)(sign | (magnitude - 0x38000000u) >> 13);
}

float nx_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 0x3ffu;
    uint32_t bits;
    float value;
    if (exponent == 0) {
        value = (float)fraction * 5.9604644775390625e-8f;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    } else {
        bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112u) << 23) | fraction << 13;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}
