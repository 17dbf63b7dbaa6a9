// The encoder's kernels for AVX-512: 16 lanes, tiles of 6×4 in 24 of 32 registers.
#if defined(__x86_64__)
#include <stdint.h>
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 6
#define NEXIFY_KERNELS nexify_encoder_avx512
#define NEXIFY_KERNELS_NAME "avx512"
#include "encoder_kernels.h"
#pragma clang attribute pop
#endif
