// The kernels for 64-bit ARM's NEON. A row's byte is turned into a signed one (x ^ 0x80 = x - 128), and the
// 128 * sum(query) that this takes away is added back, so that the sum is the same integer as everywhere.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF

static void dots_u8s8(
    const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
    int32_t *out) {
    enum { ahead = 3 };
    int32_t query_sum = 0;
    for (size_t j = 0; j < length; j++) query_sum += query[j];
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count) {
            const uint8_t *coming = rows + (size_t)ids[i + ahead] * stride;
            for (size_t j = 0; j < length; j += 64) __builtin_prefetch(coming + j);
        }
        const uint8_t *row = rows + (size_t)ids[i] * stride;
        int32x4_t low = vdupq_n_s32(0), high = vdupq_n_s32(0);
        for (size_t j = 0; j < length; j += 16) {
            int8x16_t signed_row = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row + j), vdupq_n_u8(0x80)));
            int8x16_t part = vld1q_s8(query + j);
            low = vpadalq_s16(low, vmull_s8(vget_low_s8(signed_row), vget_low_s8(part)));
            high = vpadalq_s16(high, vmull_high_s8(signed_row, part));
        }
        out[i] = vaddvq_s32(vaddq_s32(low, high)) + 128 * query_sum;
    }
}

static float dot_f32(const float *a, const float *b, size_t length) {
    float32x4_t sums[8];
    for (int j = 0; j < 8; j++) sums[j] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 8; j++) {
            sums[j] = vaddq_f32(sums[j], vmulq_f32(vld1q_f32(a + i + 4 * j), vld1q_f32(b + i + 4 * j)));
        }
    }
    float lanes[nx_lanes];
    for (int j = 0; j < 8; j++) vst1q_f32(lanes + 4 * j, sums[j]);
    for (size_t j = 0; i + j < length; j++) lanes[j] = lanes[j] + a[i + j] * b[i + j];
    return nx_fold_lanes(lanes);
}

static float squared_l2_f32(const float *a, const float *b, size_t length) {
    float32x4_t sums[8];
    for (int j = 0; j < 8; j++) sums[j] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < 8; j++) {
            float32x4_t difference = vsubq_f32(vld1q_f32(a + i + 4 * j), vld1q_f32(b + i + 4 * j));
            sums[j] = vaddq_f32(sums[j], vmulq_f32(difference, difference));
        }
    }
    float lanes[nx_lanes];
    for (int j = 0; j < 8; j++) vst1q_f32(lanes + 4 * j, sums[j]);
    for (size_t j = 0; i + j < length; j++) {
        float difference = a[i + j] - b[i + j];
        lanes[j] = lanes[j] + difference * difference;
    }
    return nx_fold_lanes(lanes);
}

const nx_kernels nx_kernels_neon = {"neon", dots_u8s8, dot_f32, squared_l2_f32};
#endif
