// The encoder's kernels for AVX2 with fused multiply-add: 8 lanes, tiles of 3×4 in 12 of 16 registers.
#if defined(__x86_64__)
#include <stdint.h>
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 3
#define NEXIFY_KERNELS nexify_encoder_avx2
#define NEXIFY_KERNELS_NAME "avx2"
#include "encoder_kernels.h"
#pragma clang attribute pop
#endif
