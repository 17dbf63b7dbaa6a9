#include <pthread.h>
#include <string.h>

#include "include/checksums.h"

// The polynomial, bit-reversed: bit 31 is x^0.
static const uint32_t polynomial = 0x82f63b78u;
// Bytes per stream of the interleaved loop.
enum { stream_bytes = 4096 };

static uint32_t byte_tables[8][256];   // [k][b]: the CRC of b followed by k zero bytes
static uint32_t shift_tables[4][256];  // a CRC advanced over stream_bytes zero bytes, by each of its bytes

// The product of two polynomials modulo the CRC's.
static uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (int bit = 31; bit >= 0; bit--) {
        if (a >> bit & 1) product ^= b;
        b = b & 1 ? b >> 1 ^ polynomial : b >> 1;
    }
    return product;
}

// x to the power of 8 * bytes, modulo the CRC's polynomial.
static uint32_t power_of_bytes(uint64_t bytes) {
    uint32_t result = 1u << 31, square = 1u << 23;
    for (; bytes != 0; bytes >>= 1) {
        if (bytes & 1) result = multiply(result, square);
        square = multiply(square, square);
    }
    return result;
}

static void fill_tables(void) {
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        byte_tables[0][b] = crc;
    }
    for (int k = 1; k < 8; k++) {
        for (uint32_t b = 0; b < 256; b++) {
            uint32_t before = byte_tables[k - 1][b];
            byte_tables[k][b] = before >> 8 ^ byte_tables[0][before & 0xff];
        }
    }
    uint32_t shift = power_of_bytes(stream_bytes);
    for (int k = 0; k < 4; k++) {
        for (uint32_t b = 0; b < 256; b++) shift_tables[k][b] = multiply(shift, b << 8 * k);
    }
}

static void need_tables(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_tables);
}

uint32_t nx_crc32c_software(uint32_t crc, const void *bytes, size_t length) {
    need_tables();
    const uint8_t *at = bytes;
    uint32_t state = ~crc;
    for (; length >= 8; length -= 8, at += 8) {
        uint32_t low = ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24) ^ state;
        state = byte_tables[7][low & 0xff] ^ byte_tables[6][low >> 8 & 0xff] ^ byte_tables[5][low >> 16 & 0xff] ^
                byte_tables[4][low >> 24] ^ byte_tables[3][at[4]] ^ byte_tables[2][at[5]] ^ byte_tables[1][at[6]] ^
                byte_tables[0][at[7]];
    }
    for (; length > 0; length--, at++) state = state >> 8 ^ byte_tables[0][(state ^ *at) & 0xff];
    return ~state;
}

uint32_t nx_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_length) {
    return multiply(power_of_bytes(second_length), first) ^ second;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define CRC_TARGET __attribute__((target("sse4.2")))
#define CRC_WORD(state, word) _mm_crc32_u64(state, word)
#define CRC_BYTE(state, byte) _mm_crc32_u8(state, byte)
static int processor_has_crc(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define CRC_TARGET __attribute__((target("crc")))
#define CRC_WORD(state, word) __crc32cd((uint32_t)(state), word)
#define CRC_BYTE(state, byte) __crc32cb(state, byte)
static int processor_has_crc(void) { return getauxval(AT_HWCAP) >> 7 & 1; }
#endif

#if defined(CRC_TARGET)
static inline uint32_t shifted(uint64_t crc) {
    return shift_tables[0][crc & 0xff] ^ shift_tables[1][crc >> 8 & 0xff] ^ shift_tables[2][crc >> 16 & 0xff] ^
           shift_tables[3][crc >> 24 & 0xff];
}

// Three streams at once hide the instruction's latency (Gopal et al., Intel, 2011).
CRC_TARGET static uint32_t hardware(uint32_t crc, const uint8_t *at, size_t length) {
    uint64_t a = (uint32_t)~crc;
    for (; length >= 3 * stream_bytes; length -= 3 * stream_bytes, at += 3 * stream_bytes) {
        uint64_t b = 0, c = 0;
        for (size_t i = 0; i < stream_bytes; i += 8) {
            uint64_t words[3];
            memcpy(&words[0], at + i, 8);
            memcpy(&words[1], at + stream_bytes + i, 8);
            memcpy(&words[2], at + 2 * stream_bytes + i, 8);
            a = CRC_WORD(a, words[0]);
            b = CRC_WORD(b, words[1]);
            c = CRC_WORD(c, words[2]);
        }
        a = shifted(shifted(a) ^ b) ^ c;
    }
    for (; length >= 8; length -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        a = CRC_WORD(a, word);
    }
    uint32_t state = (uint32_t)a;
    for (; length > 0; length--, at++) state = CRC_BYTE(state, *at);
    return ~state;
}
#endif

uint32_t nx_crc32c(uint32_t crc, const void *bytes, size_t length) {
#if defined(CRC_TARGET)
    if (processor_has_crc()) {
        need_tables();
        return hardware(crc, bytes, length);
    }
#endif
    return nx_crc32c_software(crc, bytes, length);
}
