// A start-up check of the system's BLAS. An OpenBLAS that is older than its processor has been seen to choose kernels
// that answer wrongly and say nothing, so that the programs ask it a few sums whose answers they know.
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "include/CBLAS.h"

// Present only in OpenBLAS: the system's BLAS may be another.
extern char *openblas_get_corename(void) __attribute__((weak));

// The processor that OpenBLAS chose its kernels for, or NULL when BLAS is not OpenBLAS.
static const char *blas_core(void) { return openblas_get_corename ? openblas_get_corename() : NULL; }

static float next_number(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state / 2147483648.0f;
}

// The largest error of one product, which has a guard column that must stay as it is; infinite when a value is not a
// number.
static double product_error(int rows, int columns, int terms, int turned_a, int turned_b, float beta, float *room) {
    uint32_t state = (uint32_t)(rows * 31 + columns * 17 + terms);
    const int stride_a = (turned_a ? rows : terms) + 1, stride_b = (turned_b ? terms : columns) + 1;
    const int stride_c = columns + 1;
    float *a = room, *b = a + stride_a * (turned_a ? terms : rows), *c = b + stride_b * (turned_b ? columns : terms);
    for (float *p = a; p < c; p++) *p = next_number(&state);
    for (int i = 0; i < rows * stride_c; i++) c[i] = beta == 0 && i % stride_c < columns ? NAN : 0.5f;
    cblas_sgemm(
        CblasRowMajor, turned_a ? CblasTrans : CblasNoTrans, turned_b ? CblasTrans : CblasNoTrans, rows, columns, terms,
        1.0f, a, stride_a, b, stride_b, beta, c, stride_c);
    double worst = 0;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j <= columns; j++) {
            double sum = j == columns || beta != 0 ? 0.5 : 0;
            for (int k = 0; k < terms && j < columns; k++) {
                sum += (double)a[turned_a ? k * stride_a + i : i * stride_a + k] *
                       (double)b[turned_b ? j * stride_b + k : k * stride_b + j];
            }
            double error = fabs(sum - (double)c[i * stride_c + j]);
            if (!(error <= worst)) worst = isnan(error) ? INFINITY : error;
        }
    }
    return worst;
}

int nexify_blas_check(char *message, size_t capacity) {
    // Whole blocks of every kernel width, their remainders, small matrices (which have kernels of their own), one row
    // or column, and enough work that threads take part.
    static const int shapes[][3] = {
        {1, 1, 1},   {1, 33, 384},  {33, 1, 384},  {4, 8, 32},    {6, 16, 100},   {12, 32, 384},
        {7, 9, 11},  {31, 47, 65},  {24, 32, 384}, {17, 129, 96}, {33, 50, 385},  {40, 80, 384},
    };
    float *room = malloc(sizeof(float) * 400 * 1024);
    if (!room) {
        snprintf(message, capacity, "no memory for the check of BLAS");
        return -1;
    }
    int wrong = 0;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes && !wrong; s++) {
        for (int form = 0; form < 8 && !wrong; form++) {
            const int *n = shapes[s];
            double error = product_error(n[0], n[1], n[2], form & 1, form >> 1 & 1, form & 4 ? 1.0f : 0.0f, room);
            if (!(error < 1e-3)) {
                const char *core = blas_core();
                snprintf(
                    message, capacity,
                    "the system's BLAS%s%s multiplies wrongly on this processor (%d by %d by %d, error %g); set "
                    "OPENBLAS_CORETYPE=Haswell, or install another BLAS with update-alternatives",
                    core ? ", OpenBLAS for " : "", core ? core : "", n[0], n[1], n[2], error);
                wrong = 1;
            }
        }
    }
    free(room);
    return wrong;
}

static int is_sound;

static void ask(void) {
    char message[512] = "";
    is_sound = nexify_blas_check(message, sizeof message) == 0;
    if (!is_sound) fprintf(stderr, "%s; until then exact searches are slower, for they go without BLAS\n", message);
}

int nexify_blas_is_sound(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask);
    return is_sound;
}
