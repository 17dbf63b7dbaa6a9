// The one header that Swift sees of C: BLAS as the system provides it, and our own parts, one line each.
#ifndef NEXIFY_CBLAS_H
#define NEXIFY_CBLAS_H
#include <cblas.h>
#include "blas_check.h"
#include "checksums.h"
#include "encoder.h"
#include "encoding.h"
#include "kernels.h"
#include "mapping_guard.h"
#endif
