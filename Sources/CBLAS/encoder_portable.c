// The encoder's kernels without run-time requirements: 4 lanes, which are SSE2 on x86-64 and NEON on arm64.
#define LANES 4
#if defined(__aarch64__)
#define TILE_ROWS 6  // 24 of 32 registers
#else
#define TILE_ROWS 2  // 8 of 16
#endif
#define NEXIFY_KERNELS nexify_encoder_portable
#define NEXIFY_KERNELS_NAME "portable"
#include "encoder_kernels.h"
