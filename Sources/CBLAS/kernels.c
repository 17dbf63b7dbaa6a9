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

// Appends a line; what does not fit is left out.
static void say(char *message, size_t capacity, const char *format, const char *first, const char *second) {
    size_t used = strlen(message);
    if (used < capacity) snprintf(message + used, capacity - used, format, first, second);
}

const nx_kernels *nx_kernels_choose(
    const nx_kernels *const *candidates, size_t count, const char *wanted, char *message, size_t capacity) {
    size_t first = 0;
    if (capacity > 0) message[0] = 0;
    if (wanted != NULL && wanted[0] != 0) {
        while (first < count && strcmp(candidates[first]->name, wanted) != 0) first++;
        if (first == count) {
            say(message, capacity,
                "NEXIFY_SIMD=%s: this processor or build has no such level; using the best it has%s\n", wanted, "");
            first = 0;
        }
    }
    for (size_t i = first; i < count; i++) {
        const char *wrong = candidates[i] == &nx_kernels_scalar ? NULL : nx_kernels_check(candidates[i]);
        if (wrong == NULL) return candidates[i];
        say(message, capacity,
            "the %s kernels compute wrongly on this processor (%s) and are not used; please report it with the output "
            "of lscpu\n",
            candidates[i]->name, wrong);
    }
    return &nx_kernels_scalar;
}

static const nx_kernels *active;

static void choose(void) {
    const nx_kernels *candidates[level_count];
    size_t count = 0;
    for (int i = 0; i < level_count; i++) {
        if (processor_has(levels[i])) candidates[count++] = levels[i];
    }
    char message[1024];
    active = nx_kernels_choose(candidates, count, getenv("NEXIFY_SIMD"), message, sizeof message);
    fputs(message, stderr);
}

const nx_kernels *nx_kernels_active(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return active;
}
