// The kernels in plain C: the definition that every other level is tested against.
#include <math.h>
#include <string.h>

#include "bodies.h"
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

static void dots_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = dot_f32(query, rows + (size_t)ids[i] * length, length);
}

static void squared_l2s_f32(
    const float *rows, const uint32_t *ids, size_t count, const float *query, size_t length, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = squared_l2_f32(query, rows + (size_t)ids[i] * length, length);
}

static int32_t scan_row(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const uint8_t *next, int32_t *sums) {
    for (size_t j = 0; j < shape->stride; j += 64) __builtin_prefetch((const void *)((uintptr_t)next + j));
    const size_t groups = shape->code_bytes / 4;
    const uint8_t *codes = row + shape->code_bytes;
    for (size_t block = 0; block < shape->blocks; block++) {
        int32_t *out = sums + block * NX_BLOCK;
        for (int i = 0; i < NX_BLOCK; i++) out[i] = 0;
        for (size_t plane = 0; plane < shape->planes; plane++) {
            for (int i = 0; i < NX_BLOCK; i++) out[i] *= 2;
            for (size_t g = 0; g < groups; g++, codes += 16) {
                const uint8_t *entries = query->table + 16 * g;
                for (int i = 0; i < 16; i++) {
                    out[i] += entries[codes[i] & 15];
                    out[i + 16] += entries[codes[i] >> 4];
                }
            }
        }
    }
    int32_t own = 0;
    for (size_t j = 0; j < shape->code_bytes; j++) own += (int32_t)row[j] * (int32_t)query->code[j];
    return own;
}

static size_t select_near(
    const nx_row_shape *shape, const nx_query *query, const uint8_t *row, const int32_t *sums, float base, float limit,
    uint32_t *ids, float *distances) {
    const size_t slots = (size_t)shape->blocks * NX_BLOCK;
    const uint8_t *fa = row + shape->factors_offset, *fr = fa + 2 * slots, *known = row + shape->ids_offset;
    size_t count = 0;
    for (size_t i = 0; i < slots; i++) {
        uint16_t half_a, half_r;
        memcpy(&half_a, fa + 2 * i, sizeof half_a);
        memcpy(&half_r, fr + 2 * i, sizeof half_r);
        float product = fmaf(query->scale, (float)sums[i], query->offset);
        float distance = base - fmaf(nx_float(half_r), product, nx_float(half_a));
        memcpy(ids + count, known + 4 * i, sizeof *ids);
        distances[count] = distance;
        count += distance < limit;
    }
    return count;
}

static size_t insert(int64_t *hot, const int64_t *keys, size_t count, int64_t *overflow) {
    size_t fallen = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t key = keys[i];
        for (int j = 0; j < NX_HOT; j++) {
            int64_t larger = hot[j] > key ? hot[j] : key;
            hot[j] = hot[j] < key ? hot[j] : key;
            key = larger;
        }
        overflow[fallen] = key;
        fallen += key != INT64_MAX;
    }
    return fallen;
}

static int64_t take(int64_t *hot) {
    int64_t first = hot[0];
    for (int j = 1; j < NX_HOT; j++) hot[j - 1] = hot[j];
    hot[NX_HOT - 1] = INT64_MAX;
    return first;
}

static void rotate(float *vector, size_t length, const float *signs, size_t rounds) {
    nx_rotate_body(vector, length, signs, rounds);
}

static int32_t make_table(const int8_t *values, size_t length, uint8_t *table) {
    return nx_make_table_body(values, length, table);
}

static void compare_codes(
    const uint8_t *node, const uint8_t *neighbor, size_t length, uint32_t planes, uint8_t *bits, nx_comparison *out) {
    nx_compare_codes_body(node, neighbor, length, planes, bits, out);
}

const nx_kernels nx_kernels_scalar = {
    "scalar", dots_u8s8, dot_f32,    squared_l2_f32, dots_f32,     squared_l2s_f32, scan_row,
    select_near, insert, take, rotate,     make_table,     compare_codes,
};
