// Every kernel of NEON against plain C, bit for bit, over all lengths: for a machine that has no NEON, under qemu-user.
// scripts/test-neon.sh builds and runs it. Exits with 1 and says what differs at the first difference.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

enum { code_max = 4160, float_max = 4096, rows = 9, guard = 0x5a };

static const nx_kernels *const plain = &nx_kernels_scalar, *const neon = &nx_kernels_neon;
static uint64_t state = 0x9e3779b97f4a7c15;

// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
static uint32_t number(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static float fraction(void) { return (float)((int32_t)(number() % 2000001) - 1000000) / 300000.0f; }

// What bytes a case has: any, all the largest, all the smallest, or only those two.
typedef enum { any, largest, smallest, extremes, mixtures } mixture;

static uint8_t byte_of(mixture kind) {
    switch (kind) {
    case largest: return 255;
    case smallest: return 0;
    case extremes: return number() & 1 ? 255 : 0;
    default: return (uint8_t)number();
    }
}

static int8_t signed_of(mixture kind, int limit) {
    switch (kind) {
    case largest: return (int8_t)limit;
    case smallest: return (int8_t)-limit;
    case extremes: return (int8_t)(number() & 1 ? limit : -limit);
    default: return (int8_t)((int)(number() % (2u * (unsigned)limit + 1)) - limit);
    }
}

static void expect_same(const void *expected, const void *actual, size_t bytes, const char *kernel, size_t length) {
    if (memcmp(expected, actual, bytes) == 0) return;
    size_t at = 0;
    while (((const uint8_t *)expected)[at] == ((const uint8_t *)actual)[at]) at++;
    fprintf(stderr, "neon: %s differs from plain C at length %zu, byte %zu of the result\n", kernel, length, at);
    exit(1);
}

static void expect_equal(int64_t expected, int64_t actual, const char *kernel, size_t length) {
    if (expected == actual) return;
    fprintf(stderr, "neon: %s gives %lld at length %zu, plain C %lld\n", kernel, (long long)actual, length,
        (long long)expected);
    exit(1);
}

static uint8_t bytes[rows * code_max + 64];
static int8_t query_code[code_max], table_values[code_max];
static uint8_t tables[2][4 * code_max];
static uint32_t ids[40];

static void check_products(size_t length) {
    int32_t expected[40], actual[40];
    plain->dots_u8s8(bytes, length, ids, 40, query_code, length, expected);
    neon->dots_u8s8(bytes, length, ids, 40, query_code, length, actual);
    expect_same(expected, actual, sizeof expected, "dots_u8s8", length);
}

static void check_table(size_t length) {
    for (size_t shorter = 0; shorter < 64; shorter += 16) {
        const size_t values = length - shorter;
        memset(tables, guard, sizeof tables);
        int32_t magnitudes = plain->make_table(table_values, values, tables[0]);
        expect_equal(magnitudes, neon->make_table(table_values, values, tables[1]), "make_table", values);
        expect_same(tables[0], tables[1], sizeof tables[0], "make_table", values);
    }
}

static void check_row(size_t length, uint32_t planes, uint32_t blocks, mixture kind) {
    static uint8_t row[code_max * 17 + 1024];
    int32_t sums[2][2 * NX_BLOCK];
    uint32_t near_ids[2][2 * NX_BLOCK + 16];
    float distances[2][2 * NX_BLOCK + 16];
    nx_row_shape shape = {.code_bytes = (uint32_t)length, .planes = planes, .blocks = blocks};
    shape.factors_offset = (uint32_t)length * (1 + 4 * planes * blocks);
    shape.ids_offset = shape.factors_offset + 4 * NX_BLOCK * blocks;
    shape.stride = shape.ids_offset + 4 * NX_BLOCK * blocks;
    nx_query query = {.code = query_code, .table = tables[0], .scale = 0.0003f, .offset = -0.7f};
    for (size_t i = 0; i < shape.stride; i++) row[i] = byte_of(kind);
    for (uint32_t i = 0; i < NX_BLOCK * blocks; i++) {
        uint16_t fa = nx_half(number() % 5 == 0 ? -INFINITY : fraction()), fr = nx_half(fraction());
        memcpy(row + shape.factors_offset + 2 * i, &fa, sizeof fa);
        memcpy(row + shape.factors_offset + 2 * NX_BLOCK * blocks + 2 * i, &fr, sizeof fr);
    }
    plain->make_table(table_values, length, tables[0]);
    // An address that nothing is mapped at: a prefetch must not fault.
    int32_t own = plain->scan_row(&shape, &query, row, row, sums[0]);
    expect_equal(own, neon->scan_row(&shape, &query, row, (const uint8_t *)8, sums[1]), "scan_row", length);
    expect_same(sums[0], sums[1], sizeof(int32_t) * NX_BLOCK * blocks, "scan_row", length);
    // The last of them becomes one of the distances.
    float limits[] = {INFINITY, -INFINITY, -0.5f, 0, 0.7f, 0.3f};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        size_t count = plain->select_near(&shape, &query, row, sums[0], 0.3f, limits[i], near_ids[0], distances[0]);
        size_t other = neon->select_near(&shape, &query, row, sums[0], 0.3f, limits[i], near_ids[1], distances[1]);
        expect_equal((int64_t)count, (int64_t)other, "select_near", length);
        expect_same(near_ids[0], near_ids[1], sizeof(uint32_t) * count, "select_near", length);
        expect_same(distances[0], distances[1], sizeof(float) * count, "select_near", length);
        if (i == 0) limits[5] = distances[0][count / 2];
    }
}

static void check_comparison(size_t length, uint32_t planes, int is_near) {
    uint8_t bits[2][2 * code_max / 8];
    nx_comparison found[2];
    uint8_t *node = bytes, *neighbor = bytes + code_max;
    if (is_near) {
        for (size_t i = 0; i < length; i++) neighbor[i] = (uint8_t)(node[i] / 2 + number() % 100);
    }
    memset(bits, guard, sizeof bits);
    plain->compare_codes(node, neighbor, length, planes, bits[0], &found[0]);
    neon->compare_codes(node, neighbor, length, planes, bits[1], &found[1]);
    expect_same(bits[0], bits[1], sizeof bits[0], "compare_codes", length);
    expect_same(&found[0], &found[1], sizeof found[0], "compare_codes", length);
}

static void check_rotation(size_t length, size_t rounds) {
    static float vectors[2][code_max], signs[4 * code_max];
    for (size_t i = 0; i < length; i++) vectors[0][i] = vectors[1][i] = fraction();
    for (size_t i = 0; i < rounds * length; i++) signs[i] = number() & 1 ? 1.0f : -1.0f;
    plain->rotate(vectors[0], length, signs, rounds);
    neon->rotate(vectors[1], length, signs, rounds);
    expect_same(vectors[0], vectors[1], sizeof(float) * length, "rotate", length);
}

static void check_float_sums(size_t length) {
    static float matrix[rows * float_max], query[float_max];
    static size_t known;
    // New values as the vectors grow, not for each length: making them would take most of the time.
    for (; known < rows * length; known++) matrix[known] = fraction();
    query[length - 1] = fraction();
    float expected[4] = {plain->dot_f32(matrix, query, length), plain->squared_l2_f32(matrix, query, length)};
    float actual[4] = {neon->dot_f32(matrix, query, length), neon->squared_l2_f32(matrix, query, length)};
    expect_same(expected, actual, sizeof expected, "dot_f32 or squared_l2_f32", length);
    const uint32_t chosen[4] = {8, 0, number() % rows, 3};
    plain->dots_f32(matrix, chosen, 4, query, length, expected);
    neon->dots_f32(matrix, chosen, 4, query, length, actual);
    expect_same(expected, actual, sizeof expected, "dots_f32", length);
    plain->squared_l2s_f32(matrix, chosen, 4, query, length, expected);
    neon->squared_l2s_f32(matrix, chosen, 4, query, length, actual);
    expect_same(expected, actual, sizeof expected, "squared_l2s_f32", length);
}

static void check_insertions(uint32_t spread) {
    int64_t lists[2][NX_HOT], keys[70], fallen[2][71];
    for (int i = 0; i < NX_HOT; i++) lists[0][i] = lists[1][i] = INT64_MAX;
    for (int batch = 0; batch < 20; batch++) {
        const size_t count = number() % 70;
        for (size_t i = 0; i < count; i++) {
            keys[i] = (int64_t)((uint64_t)(number() % spread) << 33 | number() % spread) - (int64_t)(spread / 2);
            if (number() % 30 == 0) keys[i] = number() & 1 ? INT64_MAX : INT64_MIN;
        }
        size_t out = plain->insert(lists[0], keys, count, fallen[0]);
        expect_equal((int64_t)out, (int64_t)neon->insert(lists[1], keys, count, fallen[1]), "insert", count);
        expect_same(lists[0], lists[1], sizeof lists[0], "insert", count);
        expect_equal(plain->take(lists[0]), neon->take(lists[1]), "take", count);
        expect_same(lists[0], lists[1], sizeof lists[0], "take", count);
        expect_same(fallen[0], fallen[1], sizeof(int64_t) * out, "insert", count);
    }
}

int main(void) {
    if (strcmp(nx_kernels_active()->name, "neon") != 0) {
        fprintf(stderr, "neon: the level is refused, %s taken instead\n", nx_kernels_active()->name);
        return 1;
    }
    for (size_t length = 64; length <= code_max; length += 64) {
        for (mixture kind = any; kind < mixtures; kind++) {
            for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = byte_of(kind);
            for (size_t i = 0; i < 40; i++) ids[i] = number() % rows;
            for (size_t i = 0; i < length; i++) query_code[i] = signed_of(kind, 127);
            for (size_t i = 0; i < length; i++) table_values[i] = signed_of(kind, 63);
            check_products(length);
            check_table(length);
            for (uint32_t planes = 1; planes <= 2; planes++) {
                for (uint32_t blocks = 1; blocks <= 2; blocks++) check_row(length, planes, blocks, kind);
                check_comparison(length, planes, kind == any);
            }
        }
        for (size_t rounds = 1; rounds <= 4; rounds++) check_rotation(length, rounds);
    }
    for (size_t length = 1; length <= float_max; length++) check_float_sums(length);
    for (uint32_t i = 0; i < 100; i++) check_insertions(i % 2 ? 4 : 0x7fffffff);
    puts("neon: every kernel agrees with plain C");
    return 0;
}
