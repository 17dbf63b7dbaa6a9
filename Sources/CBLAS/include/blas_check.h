// A check of the system's BLAS, for whoever is about to use it.
#ifndef NEXIFY_BLAS_CHECK_H
#define NEXIFY_BLAS_CHECK_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether the system's BLAS multiplies rightly here: 0 when it does, in about 10 ms; otherwise not 0, and `message`
// says what is wrong and what to do.
int nexify_blas_check(char *message, size_t capacity);

// The answer of nexify_blas_check as 1 or 0, asked once per process; a fault is said once on stderr.
int nexify_blas_is_sound(void);

#ifdef __cplusplus
}
#endif
#endif
