// The start-up check of a level: every kernel against plain C, bit for bit, on small cases with extreme values among
// them. A compiler, an emulator or a processor that computes wrongly would otherwise cost recall and say nothing.
#include <math.h>
#include <string.h>

#include "include/kernels.h"

enum {
    // More than 2048, so that 16-bit sums must be widened under way.
    length_max = 2112,
    row_bytes_max = length_max + 2 * 4 * length_max + 4 * 2 * NX_BLOCK,
    row_count = 3,
    // Beyond 1024, so that all ways through a transform are taken; and row_count vectors of the longest float sum.
    rotation_max = 1600,
};

// What the cases are made of; about 100 KB.
typedef struct {
    uint64_t state;
    uint8_t row[row_bytes_max];
    int8_t query[length_max];
    uint8_t tables[2][4 * length_max];
    float a[rotation_max], b[rotation_max], signs[2 * rotation_max];
} case_room;

// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
static uint32_t next_number(case_room *room) {
    room->state ^= room->state << 13;
    room->state ^= room->state >> 7;
    room->state ^= room->state << 17;
    return (uint32_t)(room->state >> 32);
}

// Any byte, every fourth time an extreme one.
static uint8_t next_byte(case_room *room) {
    uint32_t number = next_number(room);
    return number & 0x300 ? (uint8_t)number : number & 0x400 ? 255 : 0;
}

static float next_float(case_room *room) { return (float)((int32_t)(next_number(room) % 20001) - 10000) / 3000.0f; }

static void fill(case_room *room, size_t row_bytes, size_t length, int largest) {
    for (size_t i = 0; i < row_bytes; i++) room->row[i] = next_byte(room);
    for (size_t i = 0; i < length; i++) {
        int value = next_byte(room) - 128;
        room->query[i] = (int8_t)(value < -largest ? -largest : value > largest ? largest : value);
    }
}

static int same_products(const nx_kernels *kernels, case_room *room, size_t length) {
    const uint32_t ids[9] = {1, 0, 2, 2, 1, 0, 0, 1, 2};
    int32_t expected[9], actual[9];
    fill(room, row_count * length, length, 127);
    nx_kernels_scalar.dots_u8s8(room->row, length, ids, 9, room->query, length, expected);
    kernels->dots_u8s8(room->row, length, ids, 9, room->query, length, actual);
    return memcmp(expected, actual, sizeof expected) == 0;
}

// The four kernels of floats share their cases: `which` counts them in the order of nx_kernels.
static int same_float_sums(const nx_kernels *kernels, case_room *room, size_t length, int which) {
    const nx_kernels *scalar = &nx_kernels_scalar;
    const uint32_t ids[5] = {2, 0, 1, 1, 2};
    float expected[5] = {0}, actual[5] = {0};
    for (size_t i = 0; i < length; i++) room->a[i] = next_float(room);
    for (size_t i = 0; i < row_count * length; i++) room->b[i] = next_float(room);
    switch (which) {
    case 0:
        expected[0] = scalar->dot_f32(room->a, room->b, length);
        actual[0] = kernels->dot_f32(room->a, room->b, length);
        break;
    case 1:
        expected[0] = scalar->squared_l2_f32(room->a, room->b, length);
        actual[0] = kernels->squared_l2_f32(room->a, room->b, length);
        break;
    case 2:
        scalar->dots_f32(room->b, ids, 5, room->a, length, expected);
        kernels->dots_f32(room->b, ids, 5, room->a, length, actual);
        break;
    default:
        scalar->squared_l2s_f32(room->b, ids, 5, room->a, length, expected);
        kernels->squared_l2s_f32(room->b, ids, 5, room->a, length, actual);
    }
    return memcmp(expected, actual, sizeof expected) == 0;
}

static nx_row_shape shape_of(size_t length, uint32_t planes, uint32_t blocks) {
    nx_row_shape shape = {.code_bytes = (uint32_t)length, .planes = planes, .blocks = blocks};
    shape.factors_offset = (uint32_t)length * (1 + 4 * planes * blocks);
    shape.ids_offset = shape.factors_offset + 4 * NX_BLOCK * blocks;
    shape.stride = shape.ids_offset + 4 * NX_BLOCK * blocks;
    return shape;
}

static int same_scan(const nx_kernels *kernels, case_room *room, size_t length, uint32_t planes, uint32_t blocks) {
    int32_t expected[2 * NX_BLOCK], actual[2 * NX_BLOCK];
    const nx_row_shape shape = shape_of(length, planes, blocks);
    fill(room, shape.factors_offset, length, 63);
    // Nothing but the largest entries, so that sums are as large as they can be.
    const int is_largest = length == length_max && planes == 2;
    if (is_largest) memset(room->query, 63, length);
    if (is_largest) memset(room->row, 255, shape.factors_offset);
    nx_kernels_scalar.make_table(room->query, length, room->tables[0]);
    fill(room, 0, length, 127);
    const nx_query query = {.code = room->query, .table = room->tables[0], .scale = 1, .offset = 0};
    int32_t own = nx_kernels_scalar.scan_row(&shape, &query, room->row, room->row, expected);
    int32_t other = kernels->scan_row(&shape, &query, room->row, room->row, actual);
    return own == other && memcmp(expected, actual, sizeof *expected * NX_BLOCK * blocks) == 0;
}

static int same_choice(const nx_kernels *kernels, case_room *room, uint32_t blocks, float limit) {
    enum { room_for = 2 * NX_BLOCK + 16 };
    uint32_t expected_ids[room_for], actual_ids[room_for];
    float expected[room_for], actual[room_for];
    int32_t sums[2 * NX_BLOCK];
    const nx_row_shape shape = shape_of(64, 1, blocks);
    const nx_query query = {.code = room->query, .table = room->tables[0], .scale = 0.001f, .offset = -0.7f};
    fill(room, shape.stride, 64, 127);
    for (uint32_t i = 0; i < NX_BLOCK * blocks; i++) {
        uint16_t fa = nx_half(next_number(room) % 5 == 0 ? -INFINITY : next_float(room)), fr = nx_half(next_float(room));
        memcpy(room->row + shape.factors_offset + 2 * i, &fa, sizeof fa);
        memcpy(room->row + shape.factors_offset + 2 * NX_BLOCK * blocks + 2 * i, &fr, sizeof fr);
        sums[i] = (int32_t)(next_number(room) % 4000);
    }
    // Once more with a limit that is one of the distances.
    for (int pass = 0; pass < 2; pass++) {
        size_t count = nx_kernels_scalar.select_near(
            &shape, &query, room->row, sums, 0.25f, limit, expected_ids, expected);
        size_t other = kernels->select_near(&shape, &query, room->row, sums, 0.25f, limit, actual_ids, actual);
        if (count != other || memcmp(expected, actual, sizeof *expected * count) != 0) return 0;
        if (memcmp(expected_ids, actual_ids, sizeof *expected_ids * count) != 0) return 0;
        if (count > 0) limit = expected[count / 2];
    }
    return 1;
}

// A list that is filled to and beyond its length, with keys that are equal, negative and the padding itself.
static int same_insertions(const nx_kernels *kernels, case_room *room, int64_t spread) {
    enum { batches = 12, batch = 7 };
    int64_t expected[NX_HOT], actual[NX_HOT], keys[batch], expected_out[batch + 1], actual_out[batch + 1];
    for (int i = 0; i < NX_HOT; i++) expected[i] = actual[i] = INT64_MAX;
    for (int i = 0; i < batches; i++) {
        for (int j = 0; j < batch; j++) {
            int64_t number = (int64_t)((uint64_t)next_number(room) << 32 | next_number(room));
            keys[j] = number % 16 == 0 ? INT64_MAX : number % spread;
        }
        size_t count = nx_kernels_scalar.insert(expected, keys, batch, expected_out);
        size_t other = kernels->insert(actual, keys, batch, actual_out);
        if (nx_kernels_scalar.take(expected) != kernels->take(actual)) return 0;
        if (count != other || memcmp(expected, actual, sizeof expected) != 0) return 0;
        if (memcmp(expected_out, actual_out, sizeof *expected_out * count) != 0) return 0;
    }
    return 1;
}

static int same_rotation(const nx_kernels *kernels, case_room *room, size_t length) {
    float *expected = room->a, *actual = room->b;
    for (size_t i = 0; i < length; i++) expected[i] = actual[i] = next_float(room);
    for (size_t i = 0; i < 2 * length; i++) room->signs[i] = next_number(room) & 1 ? 1.0f : -1.0f;
    nx_kernels_scalar.rotate(expected, length, room->signs, 2);
    kernels->rotate(actual, length, room->signs, 2);
    return memcmp(expected, actual, sizeof *expected * length) == 0;
}

static int same_table(const nx_kernels *kernels, case_room *room, size_t length) {
    fill(room, 0, length, 63);
    int32_t expected = nx_kernels_scalar.make_table(room->query, length, room->tables[0]);
    int32_t actual = kernels->make_table(room->query, length, room->tables[1]);
    return expected == actual && memcmp(room->tables[0], room->tables[1], 4 * length) == 0;
}

static int same_comparison(const nx_kernels *kernels, case_room *room, size_t length, uint32_t planes, int is_near) {
    uint8_t expected_bits[2 * length_max / 8], actual_bits[2 * length_max / 8];
    nx_comparison expected, actual;
    uint8_t *node = room->row, *neighbor = room->row + length;
    fill(room, 2 * length, 0, 0);
    for (size_t i = 0; i < length && is_near; i++) neighbor[i] = (uint8_t)(node[i] / 2 + next_number(room) % 100);
    nx_kernels_scalar.compare_codes(node, neighbor, length, planes, expected_bits, &expected);
    kernels->compare_codes(node, neighbor, length, planes, actual_bits, &actual);
    return memcmp(&expected, &actual, sizeof expected) == 0 &&
           memcmp(expected_bits, actual_bits, planes * length / 8) == 0;
}

const char *nx_kernels_check(const nx_kernels *kernels) {
    static const char *const sums[4] = {"dot_f32", "squared_l2_f32", "dots_f32", "squared_l2s_f32"};
    static const size_t lengths[] = {64, 192, 384, 1088, length_max};
    static const size_t rotated[] = {64, 128, 192, 256, 384, 512, 960, rotation_max};
    static const float limits[] = {-INFINITY, -1, 0, 1, INFINITY};
    case_room room;
    memset(&room, 0, sizeof room);
    room.state = 0x9e3779b97f4a7c15;
    for (size_t length = 1; length < 512; length += length < 70 ? 1 : 57) {
        for (int which = 0; which < 4; which++) {
            if (!same_float_sums(kernels, &room, length, which)) return sums[which];
        }
    }
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t length = lengths[i];
        if (!same_products(kernels, &room, length)) return "dots_u8s8";
        if (!same_table(kernels, &room, length) || !same_table(kernels, &room, length - 16)) return "make_table";
        for (uint32_t planes = 1; planes <= 2; planes++) {
            if (!same_scan(kernels, &room, length, planes, 1)) return "scan_row";
            if (!same_comparison(kernels, &room, length, planes, 0)) return "compare_codes";
            if (!same_comparison(kernels, &room, length, planes, 1)) return "compare_codes";
        }
    }
    if (!same_scan(kernels, &room, 384, 1, 2)) return "scan_row";
    for (size_t i = 0; i < sizeof rotated / sizeof *rotated; i++) {
        if (!same_rotation(kernels, &room, rotated[i])) return "rotate";
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (!same_choice(kernels, &room, 1, limits[i]) || !same_choice(kernels, &room, 2, limits[i])) {
            return "select_near";
        }
    }
    if (!same_insertions(kernels, &room, 8) || !same_insertions(kernels, &room, INT64_MAX)) return "insert";
    return NULL;
}
