// Which instruction set's kernels this process uses.
#include "include/kernels.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int processor_has(const nx_kernels *kernels) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (kernels == &nx_kernels_avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    }
    if (kernels == &nx_kernels_avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vnni") &&
               __builtin_cpu_supports("avx512vbmi");
    }
#endif
    (void)kernels;
    return 1;
}

// Best first.
static const nx_kernels *const levels[] = {
#if defined(__x86_64__)
    &nx_kernels_avx512,
    &nx_kernels_avx2,
#endif
#if defined(__aarch64__)
    &nx_kernels_neon,
#endif
    &nx_kernels_scalar,
};
enum { level_count = sizeof(levels) / sizeof(levels[0]) };

const nx_kernels *nx_kernels_named(const char *name) {
    for (int i = 0; i < level_count; i++) {
        if (strcmp(levels[i]->name, name) == 0) return processor_has(levels[i]) ? levels[i] : NULL;
    }
    return NULL;
}

static const nx_kernels *active;

static void choose(void) {
    const char *wanted = getenv("NEXIFY_SIMD");
    if (wanted != NULL && wanted[0] != 0) {
        active = nx_kernels_named(wanted);
        if (active != NULL) return;
        fprintf(stderr, "NEXIFY_SIMD=%s: this processor or build has no such level; using the best it has\n", wanted);
    }
    for (int i = 0; i < level_count; i++) {
        if (processor_has(levels[i])) {
            active = levels[i];
            return;
        }
    }
}

const nx_kernels *nx_kernels_active(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return active;
}
