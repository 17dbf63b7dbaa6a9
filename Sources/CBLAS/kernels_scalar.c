// The kernels in plain C: the definition that every other level is tested against.
#include "include/kernels.h"
#include "lanes.h"

#pragma STDC FP_CONTRACT OFF

static void dots_u8s8(
    const uint8_t *rows, size_t stride, const uint32_t *ids, size_t count, const int8_t *query, size_t length,
    int32_t *out) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = rows + (size_t)ids[i] * stride;
        int32_t sum = 0;
        for (size_t j = 0; j < length; j++) sum += (int32_t)row[j] * (int32_t)query[j];
        out[i] = sum;
    }
}

static float dot_f32(const float *a, const float *b, size_t length) {
    float lanes[nx_lanes] = {0};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < nx_lanes; j++) lanes[j] = lanes[j] + a[i + j] * b[i + j];
    }
    for (size_t j = 0; i + j < length; j++) lanes[j] = lanes[j] + a[i + j] * b[i + j];
    return nx_fold_lanes(lanes);
}

static float squared_l2_f32(const float *a, const float *b, size_t length) {
    float lanes[nx_lanes] = {0};
    size_t i = 0;
    for (; i + nx_lanes <= length; i += nx_lanes) {
        for (int j = 0; j < nx_lanes; j++) {
            float difference = a[i + j] - b[i + j];
            lanes[j] = lanes[j] + difference * difference;
        }
    }
    for (size_t j = 0; i + j < length; j++) {
        float difference = a[i + j] - b[i + j];
        lanes[j] = lanes[j] + difference * difference;
    }
    return nx_fold_lanes(lanes);
}

const nx_kernels nx_kernels_scalar = {"scalar", dots_u8s8, dot_f32, squared_l2_f32};
