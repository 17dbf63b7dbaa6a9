// The text encoder's arithmetic: what a BERT layer needs of single-precision kernels, one build per instruction set.
//
// Every matrix is row-major and dense. No kernel allocates, locks or keeps state, so any number of threads may
// call. A result depends on its own row (and its own text, in attention) only, never on what stands beside it in a
// batch: one text gives the same bits alone, in a batch and on any thread. Instruction sets differ from each other by
// rounding.
#ifndef NEXIFY_ENCODER_H
#define NEXIFY_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The builds of the kernels, slowest first.
typedef enum {
    NEXIFY_ENCODER_PORTABLE = 0,  // 4 lanes: SSE2 on x86-64, NEON on arm64
    NEXIFY_ENCODER_AVX2 = 1,      // 8 lanes, fused multiply-add
    NEXIFY_ENCODER_AVX512 = 2,    // 16 lanes
} nexify_encoder_isa;

#define NEXIFY_ENCODER_ISA_COUNT 3
#define NEXIFY_ENCODER_TOKENS_MAX 512  // per text, in attention
#define NEXIFY_ENCODER_HEAD 32         // dimensions of one attention head

// A constant table of functions without state: safe on any thread.
#if defined(__has_attribute) && __has_attribute(swift_attr)
#define NEXIFY_SENDABLE __attribute__((swift_attr("@Sendable")))
#else
#define NEXIFY_SENDABLE
#endif

// The kernels of one instruction set.
typedef struct NEXIFY_SENDABLE {
    const char *name;

    // y[r][n] = bias[n] + sum over k of x[r][k] * w[n][k]: x is rows×in, w is out×in, y is rows×out.
    // Reads the weights where they are mapped: both factors run along `in`, so nothing is packed or copied.
    // `in` is a multiple of 384 and `out` of 16. bias may be NULL (zero).
    void (*linear)(const float *x, size_t rows, size_t in, const float *w, const float *bias, size_t out, float *y);

    // x[i] = x[i]/2 * (1 + erf(x[i]/sqrt 2)), in place; |error of erf| <= 4e-7. count is a multiple of 16.
    void (*gelu)(float *x, size_t count);

    // y[r] = layerNorm(words[ids[r]] + positions[r] + kind) * gain + shift for one text of `tokens`; ids are within
    // words.
    void (*embed)(
        const int32_t *ids, size_t tokens, size_t width, const float *words, const float *positions, const float *kind,
        const float *gain, const float *shift, float *y);

    // y[r] = layerNorm(x[r] + y[r]) * gain + shift, with 1e-12 added to the variance. width is a multiple of 16.
    void (*add_norm)(const float *x, float *y, size_t rows, size_t width, const float *gain, const float *shift);

    // Self-attention of one text: softmax(q kᵀ / sqrt 32) v for each head of 32 dimensions.
    // q, k, v and out are tokens×width; width is heads*32. scratch holds NEXIFY_ENCODER_ATTENTION_SCRATCH floats.
    // 1 <= tokens <= NEXIFY_ENCODER_TOKENS_MAX. out may be q.
    void (*attention)(
        const float *q, const float *k, const float *v, size_t tokens, size_t width, float *out, float *scratch);

    // out = mean over the rows of x (rows×width), scaled to unit length. width is a multiple of 16, rows >= 1.
    void (*mean_unit)(const float *x, size_t rows, size_t width, float *out);
} nexify_encoder_kernels;

// scratch of `attention`: keys transposed (32 × 512) and the scores of four queries (4 × 512).
#define NEXIFY_ENCODER_ATTENTION_SCRATCH (36 * NEXIFY_ENCODER_TOKENS_MAX)

// The kernels of `isa`, or NULL when this build or this processor does not have it.
const nexify_encoder_kernels *nexify_encoder_kernels_for(nexify_encoder_isa isa);

// The fastest that this processor runs. Never NULL.
const nexify_encoder_kernels *nexify_encoder_kernels_best(void);

// SHA-256 (FIPS 180-4) of `count` bytes into 32: about 1.5 GB/s with the processor's SHA instructions, 0.3 without.
// Here because the module may use no package, and the C library has no digest to offer.
void nexify_sha256(const void *bytes, size_t count, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
