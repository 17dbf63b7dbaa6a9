// Kernels that the compiler vectorises by itself: written once here, built once per instruction set. Integers, and
// float operations that are not sums, so that every build gives the same bits.
#ifndef NEXIFY_BODIES_H
#define NEXIFY_BODIES_H
#include <math.h>
#include <string.h>

#include "include/kernels.h"

#pragma STDC FP_CONTRACT OFF
#define NX_BODY static inline __attribute__((always_inline))

// Unscaled; the caller multiplies by 1 / sqrt(length).
NX_BODY void nx_hadamard_body(float *v, size_t length) {
    // Short strides first, 16 values at a time, so that they stay in a register or two.
    for (size_t start = 0; start < length; start += 16) {
        float *p = v + start;
        for (size_t half = 1; half < 16; half *= 2) {
            float turned[16];
            for (size_t i = 0; i < 16; i++) turned[i] = p[i ^ half];
            for (size_t i = 0; i < 16; i++) p[i] = i & half ? turned[i] - p[i] : p[i] + turned[i];
        }
    }
    for (size_t half = 16; half < length; half *= 2) {
        for (size_t start = 0; start < length; start += 2 * half) {
            float *restrict a = v + start, *restrict b = v + start + half;
            for (size_t i = 0; i < half; i++) {
                float sum = a[i] + b[i], difference = a[i] - b[i];
                a[i] = sum;
                b[i] = difference;
            }
        }
    }
}

NX_BODY void nx_rotate_body(float *restrict vector, size_t length, const float *restrict signs, size_t rounds) {
    size_t power = 64;
    while (power * 2 <= length) power *= 2;
    const float scale = (float)(1.0 / sqrt((double)power));
    const float half_root = 0.70710678f;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < length; i++) vector[i] *= signs[round * length + i];
        float *part = round % 2 == 0 ? vector : vector + (length - power);
        nx_hadamard_body(part, power);
        for (size_t i = 0; i < power; i++) part[i] *= scale;
        if (power < length) {
            size_t half = length / 2;
            float *restrict front = vector, *restrict back = vector + half;
            for (size_t i = 0; i < half; i++) {
                float a = front[i], b = back[i];
                front[i] = (a + b) * half_root;
                back[i] = (a - b) * half_root;
            }
        }
    }
}

NX_BODY int32_t nx_make_table_body(const int8_t *restrict values, size_t length, uint8_t *restrict table) {
    int32_t magnitudes = 0;
    for (size_t g = 0; g < length / 4; g++) {
        const int8_t *v = values + 4 * g;
        uint8_t *entries = table + 16 * g;
        int negative = 0;
        for (int j = 0; j < 4; j++) {
            negative -= v[j] < 0 ? v[j] : 0;
            magnitudes += v[j] < 0 ? -v[j] : v[j];
        }
        // Sums modulo 256, whose end is within 0...252.
        entries[0] = (uint8_t)negative;
        for (int j = 0; j < 4; j++) {
            for (int n = 0; n < 1 << j; n++) entries[n + (1 << j)] = (uint8_t)(entries[n] + v[j]);
        }
    }
    return magnitudes;
}

// The largest |r| that keeps the magnitude 1. A step at one standard deviation is nearly the best for four levels of a
// normal distribution (Max, "Quantizing for minimum distortion", 1960).
NX_BODY int32_t nx_code_step(int32_t rr, size_t length) {
    int32_t step = (int32_t)sqrt((double)rr / (double)length);
    while ((int64_t)step * step * (int64_t)length > rr) step--;
    while (step < 255 && (int64_t)(step + 1) * (step + 1) * (int64_t)length <= rr) step++;
    return step;
}

NX_BODY void nx_compare_codes_body(
    const uint8_t *restrict node, const uint8_t *restrict neighbor, size_t length, uint32_t planes,
    uint8_t *restrict bits, nx_comparison *out) {
    int32_t rr = 0, magnitudes = 0, cr = 0, cs = 0;
    for (size_t i = 0; i < length; i++) {
        int16_t c = (int16_t)(node[i] - 128), r = (int16_t)(neighbor[i] - node[i]);
        rr += (int32_t)r * r;
        cr += (int32_t)c * r;
        magnitudes += r < 0 ? -r : r;
        cs += r < 0 ? -c : c;
    }
    for (size_t j = 0; j < length / 8; j++) {
        uint8_t byte = 0;
        for (int i = 0; i < 8; i++) byte |= (uint8_t)((neighbor[8 * j + i] >= node[8 * j + i]) << i);
        bits[j] = byte;
    }
    out->rr = rr;
    out->cr = cr;
    if (planes == 1) {
        out->rv = magnitudes;
        out->cv = cs;
        return;
    }
    const int32_t step = nx_code_step(rr, length);
    int32_t rv = 0, cv = 0;
    for (size_t i = 0; i < length; i++) {
        int16_t c = (int16_t)(node[i] - 128), r = (int16_t)(neighbor[i] - node[i]);
        int16_t magnitude = (int16_t)(r < 0 ? -r : r);
        int16_t level = magnitude > step ? 3 : 1;
        rv += (int32_t)magnitude * level;
        cv += (int32_t)c * (r < 0 ? -level : level);
    }
    for (size_t j = 0; j < length / 8; j++) {
        uint8_t byte = 0;
        for (int i = 0; i < 8; i++) {
            int r = neighbor[8 * j + i] - node[8 * j + i];
            int is_far = (r < 0 ? -r : r) > step;
            byte |= (uint8_t)(((r >= 0) == is_far) << i);
        }
        bits[length / 8 + j] = byte;
    }
    out->rv = rv;
    out->cv = cv;
}

#endif
