#include "include/CBLAS.h"
