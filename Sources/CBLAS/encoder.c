// Which of the encoder's kernels this processor runs.
#include "include/encoder.h"

extern const nexify_encoder_kernels nexify_encoder_portable;
#if defined(__x86_64__)
extern const nexify_encoder_kernels nexify_encoder_avx2;
extern const nexify_encoder_kernels nexify_encoder_avx512;
#endif

const nexify_encoder_kernels *nexify_encoder_kernels_for(nexify_encoder_isa isa) {
    switch (isa) {
    case NEXIFY_ENCODER_PORTABLE:
        return &nexify_encoder_portable;
#if defined(__x86_64__)
    // The compiler's run time asks the processor and whether the system saves the registers.
    case NEXIFY_ENCODER_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &nexify_encoder_avx2 : 0;
    case NEXIFY_ENCODER_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                   ? &nexify_encoder_avx512
                   : 0;
#endif
    default:
        return 0;
    }
}

const nexify_encoder_kernels *nexify_encoder_kernels_best(void) {
    for (int isa = NEXIFY_ENCODER_ISA_COUNT - 1; isa > 0; isa--) {
        const nexify_encoder_kernels *kernels = nexify_encoder_kernels_for((nexify_encoder_isa)isa);
        if (kernels) return kernels;
    }
    return &nexify_encoder_portable;
}
