#include "include/encoding.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

double nx_sum_of_squares(const float *vector, size_t length) {
    double lanes[8] = {0};
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        for (int j = 0; j < 8; j++) lanes[j] += (double)vector[i + j] * (double)vector[i + j];
    }
    for (int j = 0; i < length; i++, j++) lanes[j] += (double)vector[i] * (double)vector[i];
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

float nx_largest_magnitude(const float *vector, size_t length) {
    float largest = 0;
    for (size_t i = 0; i < length; i++) {
        float magnitude = fabsf(vector[i]);
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

int nx_all_finite(const float *vector, size_t length) {
    int finite = 1;
    for (size_t i = 0; i < length; i++) finite &= fabsf(vector[i]) <= 3.4028235e38f;
    return finite;
}

// Unscaled; the caller multiplies by 1 / sqrt(length).
static void hadamard(float *v, size_t length) {
    for (size_t half = 1; half < length; half *= 2) {
        for (size_t start = 0; start < length; start += 2 * half) {
            float *a = v + start, *b = v + start + half;
            for (size_t i = 0; i < half; i++) {
                float sum = a[i] + b[i], difference = a[i] - b[i];
                a[i] = sum;
                b[i] = difference;
            }
        }
    }
}

void nx_rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    size_t power = 64;
    while (power * 2 <= length) power *= 2;
    const float scale = (float)(1.0 / sqrt((double)power));
    const float half_root = 0.70710678f;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < length; i++) vector[i] *= signs[round * length + i];
        float *part = round % 2 == 0 ? vector : vector + (length - power);
        hadamard(part, power);
        for (size_t i = 0; i < power; i++) part[i] *= scale;
        if (power < length) {
            size_t half = length / 2;
            for (size_t i = 0; i < half; i++) {
                float a = vector[i], b = vector[i + half];
                vector[i] = (a + b) * half_root;
                vector[i + half] = (a - b) * half_root;
            }
        }
    }
}

// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even, without a call. NaN becomes -127.
static inline float rounded(float value, float scale) {
    const float magic = 12582912.0f;
    float scaled = value * scale;
    scaled = scaled > -127.0f ? scaled : -127.0f;
    scaled = scaled < 127.0f ? scaled : 127.0f;
    return (scaled + magic) - magic;
}

void nx_quantise_s8(const float *vector, size_t length, float scale, int8_t *codes) {
    for (size_t i = 0; i < length; i++) codes[i] = (int8_t)(int32_t)rounded(vector[i], scale);
}

void nx_quantise_u8(const float *vector, size_t length, float scale, uint8_t *codes) {
    for (size_t i = 0; i < length; i++) codes[i] = (uint8_t)((int32_t)rounded(vector[i], scale) + 128);
}
