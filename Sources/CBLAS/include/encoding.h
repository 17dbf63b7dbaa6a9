// From vectors of floats to the codes that rows hold: a rotation that spreads what a vector says over all coordinates,
// and rounding to 8 bits. Plain C with a fixed order of operations: the same bits on every machine.
#ifndef NEXIFY_ENCODING_H
#define NEXIFY_ENCODING_H
#include <stddef.h>
#include <stdint.h>

/// The sum of squares in double precision, added in a fixed order.
double nx_sum_of_squares(const float *vector, size_t length);

/// The largest absolute value; 0 for no values, not a number when one is none.
float nx_largest_magnitude(const float *vector, size_t length);

/// 1 when every value is finite.
int nx_all_finite(const float *vector, size_t length);

/// out[i] = vector[i] * factor, in double precision until it is stored.
void nx_scaled_copy(const float *vector, size_t length, double factor, float *out);

/// codes[i] = round(vector[i] * scale) clamped to -127...127, as int8.
void nx_quantise_s8(const float *vector, size_t length, float scale, int8_t *codes);

/// As nx_quantise_s8, with 128 added so that it is a u8: how rows keep their own code.
void nx_quantise_u8(const float *vector, size_t length, float scale, uint8_t *codes);
#endif
