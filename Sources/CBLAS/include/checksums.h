// CRC32C, which finds damage to a file.
#ifndef NEXIFY_CHECKSUMS_H
#define NEXIFY_CHECKSUMS_H
#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli, reflected, as in RFC 3720) of `bytes`, going on from `crc` (0 at the start). Uses the processor's instruction
/// in three interleaved streams where there is one.
uint32_t nx_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The same by tables, for processors without the instruction and for the tests.
uint32_t nx_crc32c_software(uint32_t crc, const void *bytes, size_t length);

/// The CRC32C of two pieces one after the other, from the CRC of each and the second one's length.
uint32_t nx_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_length);
#endif
