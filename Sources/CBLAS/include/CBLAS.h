// The one header that Swift sees of C: BLAS as the system provides it. Kernels' headers are added beside it.
#ifndef NEXIFY_CBLAS_H
#define NEXIFY_CBLAS_H
#include <cblas.h>
#include "encoder.h"
#endif
