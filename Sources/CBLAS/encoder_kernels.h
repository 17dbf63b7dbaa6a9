// The encoder's kernels, written once for LANES floats a vector. Included by one file per instruction set, which
// defines LANES and NEXIFY_KERNELS (the table's name) and turns the instruction set on around the inclusion.
//
// Multiplication: a tile of ROWS×4 dot products runs along k with LANES partial sums each, and is summed across lanes
// at the end of 384 terms. Both operands are contiguous in k, so the mapped weights are used as they lie. The order
// of additions of an element is fixed by k alone: tiles of fewer rows give the same bits.
#include <math.h>
#include <string.h>

#include "include/encoder.h"

#define BLOCK_K 384      // terms per pass: the block of weights and of rows stay in the first-level cache
#define BLOCK_OUT 16     // columns per pass over the rows: 24 KiB of weights
#define BLOCK_ROWS 96    // rows per pass over the weights: 144 KiB, in the second-level cache
#define ROWS_FEW 32      // up to here the weights' bandwidth is the limit, and they are fetched ahead
#define TILE_OUT 4
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((vector_size(LANES * 4), aligned(4)));
typedef float reg __attribute__((vector_size(LANES * 4)));
typedef int32_t regi __attribute__((vector_size(LANES * 4)));
typedef float four __attribute__((vector_size(16), aligned(4)));

INLINE reg load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, reg v) { *(vec *)p = v; }
INLINE reg splat(float v) { return v - (reg){0}; }
INLINE reg pick(regi mask, reg a, reg b) { return (reg)(((regi)a & mask) | ((regi)b & ~mask)); }
INLINE reg larger(reg a, reg b) { return pick(a > b, a, b); }
INLINE reg smaller(reg a, reg b) { return pick(a < b, a, b); }

#if LANES == 4
INLINE reg muladd(reg a, reg b, reg c) { return a * b + c; }
#else
INLINE reg muladd(reg a, reg b, reg c) { return __builtin_elementwise_fma(a, b, c); }
#endif

// The four sums across lanes of a, b, c and d, in this order.
INLINE four sum_lanes_of_four(reg a, reg b, reg c, reg d) {
#if LANES == 16
    typedef float eight __attribute__((vector_size(32)));
#define HALVE(v) (__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + \
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15))
    // Interleave inside 128-bit lanes first: three operations serve two vectors.
    reg ab = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29) +
             __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    reg cd = __builtin_shufflevector(c, d, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29) +
             __builtin_shufflevector(c, d, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    reg all = __builtin_shufflevector(ab, cd, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
              __builtin_shufflevector(ab, cd, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    eight half = HALVE(all);
#undef HALVE
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
#elif LANES == 8
    reg ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13) +
             __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    reg cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13) +
             __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    reg all = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
#else
    reg ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    reg cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
#endif
}

INLINE float sum_lanes(reg a) {
    four sums = sum_lanes_of_four(a, (reg){0}, (reg){0}, (reg){0});
    return sums[0];
}

INLINE float max_lanes(reg a) {
    float best = a[0];
    for (int i = 1; i < LANES; i++) best = a[i] > best ? a[i] : best;
    return best;
}

// y[0..rows][0..4] (+)= x[0..rows] · w[0..4] over BLOCK_K terms. `ahead` also fetches the next block's weights: with
// few rows there is too little work per weight for the processor to run ahead by itself (measured: 22 rows, 4.0 to
// 3.3 ms).
INLINE void tile(
    const int rows, const int ahead, const float *x, const float *w, size_t in, const float *bias, float *y, size_t out,
    int first
) {
    reg sums[TILE_ROWS][TILE_OUT];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int c = 0; c < TILE_OUT; c++) sums[r][c] = (reg){0};
    for (size_t k = 0; k < BLOCK_K; k += LANES) {
        reg values[TILE_ROWS];
        UNROLL for (int r = 0; r < rows; r++) values[r] = load(x + r * in + k);
        UNROLL for (int c = 0; c < TILE_OUT; c++) {
            reg weight = load(w + c * in + k);
            if (ahead) __builtin_prefetch(w + (BLOCK_OUT + c) * in + k);
            UNROLL for (int r = 0; r < rows; r++) sums[r][c] = muladd(values[r], weight, sums[r][c]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++) {
        four *target = (four *)(y + r * out);
        four base = first ? (bias ? *(const four *)bias : (four){0}) : *target;
        *target = base + sum_lanes_of_four(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
    }
}

INLINE void multiply(
    const int ahead, const float *x, size_t rows, size_t in, const float *w, const float *bias, size_t out, float *y
) {
    for (size_t top = 0; top < rows; top += BLOCK_ROWS) {
        size_t end = top + BLOCK_ROWS < rows ? top + BLOCK_ROWS : rows;
        for (size_t k = 0; k < in; k += BLOCK_K) {
            for (size_t n = 0; n < out; n += BLOCK_OUT) {
                for (size_t r = top; r < end; r += TILE_ROWS) {
                    size_t left = end - r;
                    for (size_t c = n; c < n + BLOCK_OUT; c += TILE_OUT) {
                        const float *xs = x + r * in + k, *ws = w + c * in + k, *bs = bias ? bias + c : NULL;
                        float *ys = y + r * out + c;
                        int first = k == 0;
                        switch (left < TILE_ROWS ? left : TILE_ROWS) {
#if TILE_ROWS >= 6
                        case 6: tile(6, ahead, xs, ws, in, bs, ys, out, first); break;
                        case 5: tile(5, ahead, xs, ws, in, bs, ys, out, first); break;
                        case 4: tile(4, ahead, xs, ws, in, bs, ys, out, first); break;
#endif
#if TILE_ROWS >= 3
                        case 3: tile(3, ahead, xs, ws, in, bs, ys, out, first); break;
#endif
                        case 2: tile(2, ahead, xs, ws, in, bs, ys, out, first); break;
                        default: tile(1, ahead, xs, ws, in, bs, ys, out, first); break;
                        }
                    }
                }
            }
        }
    }
}

static void linear(
    const float *x, size_t rows, size_t in, const float *w, const float *bias, size_t out, float *y
) {
    if (rows <= ROWS_FEW) {
        multiply(1, x, rows, in, w, bias, out, y);
    } else {
        multiply(0, x, rows, in, w, bias, out, y);
    }
}

// erf by a rational function fitted for this project to least maximal error on |x| <= 3.9, where erf is 1 - 4e-8.
INLINE reg error_function(reg x) {
    x = larger(smaller(x, splat(3.9f)), splat(-3.9f));
    reg z = x * x;
    reg p = splat(2.0505310658336384e-06f);
    p = muladd(p, z, splat(0.0002874427882488817f));
    p = muladd(p, z, splat(0.0038361733313649893f));
    p = muladd(p, z, splat(0.05296476185321808f));
    p = muladd(p, z, splat(0.19192439317703247f));
    p = muladd(p, z, splat(1.128378987312317f));
    reg q = splat(3.823148290393874e-05f);
    q = muladd(q, z, splat(0.0011815665056928992f));
    q = muladd(q, z, splat(0.015107798390090466f));
    q = muladd(q, z, splat(0.11475136876106262f));
    q = muladd(q, z, splat(0.503420352935791f));
    q = muladd(q, z, splat(1.0f));
    return x * p / q;
}

static void gelu(float *x, size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        reg v = load(x + i);
        reg half = v * splat(0.5f);
        store(x + i, muladd(half, error_function(v * splat(0.70710678118654752f)), half));
    }
}

// e^x for x <= 0, by 2^n * e^r with |r| <= ln2/2; relative error below 2e-7; below -87 it is e^-87.
INLINE reg exponential(reg x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
    x = larger(x, splat(-87.0f));
    reg shifted = muladd(x, splat(1.44269504088896341f), splat(magic));
    reg n = shifted - splat(magic);
    reg r = muladd(n, splat(-0.693359375f), x);  // ln 2 in two parts
    r = muladd(n, splat(2.12194440e-4f), r);
    reg p = splat(0.0013814532430842519f);
    p = muladd(p, r, splat(0.008368746377527714f));
    p = muladd(p, r, splat(0.04166839271783829f));
    p = muladd(p, r, splat(0.1666652113199234f));
    p = muladd(p, r, splat(0.4999999403953552f));
    p = muladd(p, r * r, r) + splat(1.0f);
    regi exponent = ((regi)shifted << 23) + (1 << 23) * 127;
    return p * (reg)exponent;
}

static void add_norm(
    const float *x, float *y, size_t rows, size_t width, const float *gain, const float *shift
) {
    for (size_t row = 0; row < rows; row++, x += width, y += width) {
        reg sum = {0};
        for (size_t i = 0; i < width; i += LANES) {
            reg v = load(x + i) + load(y + i);
            store(y + i, v);
            sum += v;
        }
        reg mean = splat(sum_lanes(sum) / (float)width);
        reg squares = {0};
        for (size_t i = 0; i < width; i += LANES) {
            reg d = load(y + i) - mean;
            squares = muladd(d, d, squares);
        }
        reg scale = splat(1.0f / sqrtf(sum_lanes(squares) / (float)width + 1e-12f));
        for (size_t i = 0; i < width; i += LANES) {
            reg d = (load(y + i) - mean) * scale;
            store(y + i, muladd(d, load(gain + i), load(shift + i)));
        }
    }
}

static void embed(
    const int32_t *ids, size_t tokens, size_t width, const float *words, const float *positions, const float *kind,
    const float *gain, const float *shift, float *y
) {
    for (size_t t = 0; t < tokens; t++, y += width) {
        const float *word = words + (size_t)ids[t] * width;
        for (size_t i = 0; i < width; i += LANES) store(y + i, load(positions + t * width + i) + load(kind + i));
        add_norm(word, y, 1, width, gain, shift);
    }
}

#define HEAD NEXIFY_ENCODER_HEAD
#define HEAD_REGS (HEAD / LANES)

// `count` queries of one head against all its keys and values. keys: HEAD rows of `stride` tokens, zero past the
// last.
INLINE void attend(
    const int count, const float *q, const float *keys, const float *v, size_t tokens, size_t stride, size_t width,
    float *out, float *scores
) {
    reg tops[4];
    regi lane;
    for (int i = 0; i < LANES; i++) lane[i] = i;
    UNROLL for (int r = 0; r < count; r++) tops[r] = splat(-INFINITY);
    for (size_t t = 0; t < tokens; t += 2 * LANES) {
        // Two vectors of tokens at once: eight chains of additions hide the latency that four would wait for.
        reg sums[4][2];
        UNROLL for (int r = 0; r < count; r++) sums[r][0] = sums[r][1] = (reg){0};
        for (int d = 0; d < HEAD; d++) {
            const float *key = keys + d * stride + t;
            reg near = load(key), far = load(key + LANES);
            UNROLL for (int r = 0; r < count; r++) {
                reg component = splat(q[r * width + d]);
                sums[r][0] = muladd(component, near, sums[r][0]);
                sums[r][1] = muladd(component, far, sums[r][1]);
            }
        }
        UNROLL for (int i = 0; i < 2; i++) {
            regi real = lane < (int32_t)tokens - (int32_t)t - i * LANES;
            UNROLL for (int r = 0; r < count; r++) {
                reg masked = pick(real, sums[r][i], splat(-INFINITY));
                tops[r] = larger(tops[r], masked);
                store(scores + r * stride + t + i * LANES, masked);
            }
        }
    }
    float inverse[4];
    UNROLL for (int r = 0; r < count; r++) {
        reg top = splat(max_lanes(tops[r])), total = {0};
        for (size_t t = 0; t < tokens; t += LANES) {
            reg e = exponential(load(scores + r * stride + t) - top);
            store(scores + r * stride + t, e);
            total += pick(lane < (int32_t)tokens - (int32_t)t, e, (reg){0});
        }
        inverse[r] = 1.0f / sum_lanes(total);
    }
    reg mixed[4][HEAD_REGS];
    UNROLL for (int r = 0; r < count; r++) UNROLL for (int d = 0; d < HEAD_REGS; d++) mixed[r][d] = (reg){0};
    for (size_t t = 0; t < tokens; t++) {
        UNROLL for (int d = 0; d < HEAD_REGS; d++) {
            reg value = load(v + t * width + d * LANES);
            UNROLL for (int r = 0; r < count; r++) {
                mixed[r][d] = muladd(splat(scores[r * stride + t]), value, mixed[r][d]);
            }
        }
    }
    UNROLL for (int r = 0; r < count; r++) UNROLL for (int d = 0; d < HEAD_REGS; d++) {
        store(out + r * width + d * LANES, mixed[r][d] * splat(inverse[r]));
    }
}

static void attention(
    const float *q, const float *k, const float *v, size_t tokens, size_t width, float *out, float *scratch
) {
    const size_t stride = (tokens + 31) / 32 * 32;  // two vectors of the widest
    float *keys = scratch, *scores = scratch + HEAD * stride;
    for (size_t head = 0; head < width; head += HEAD) {
        memset(keys, 0, HEAD * stride * sizeof(float));
        for (size_t t = 0; t < tokens; t++) {
            for (int d = 0; d < HEAD; d++) keys[d * stride + t] = k[t * width + head + d] * 0.17677669529663688f;
        }
        size_t t = 0;
        for (; t + 4 <= tokens; t += 4) {
            size_t at = t * width + head;
            attend(4, q + at, keys, v + head, tokens, stride, width, out + at, scores);
        }
        for (; t < tokens; t++) {
            size_t at = t * width + head;
            attend(1, q + at, keys, v + head, tokens, stride, width, out + at, scores);
        }
    }
}

static void mean_unit(const float *x, size_t rows, size_t width, float *out) {
    reg squares = {0};
    for (size_t i = 0; i < width; i += LANES) {
        reg sum = {0};
        for (size_t r = 0; r < rows; r++) sum += load(x + r * width + i);
        sum *= splat(1.0f / (float)rows);
        store(out + i, sum);
        squares = muladd(sum, sum, squares);
    }
    float length = sqrtf(sum_lanes(squares));
    reg scale = splat(length > 1e-12f ? 1.0f / length : 0.0f);
    for (size_t i = 0; i < width; i += LANES) store(out + i, load(out + i) * scale);
}

const nexify_encoder_kernels NEXIFY_KERNELS = {
    .name = NEXIFY_KERNELS_NAME,
    .linear = linear,
    .gelu = gelu,
    .embed = embed,
    .add_norm = add_norm,
    .attention = attention,
    .mean_unit = mean_unit,
};
