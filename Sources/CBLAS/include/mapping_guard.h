// What happens when a file is cut short, or its disk fails, while it is mapped. The system then ends the process that
// reads a page which is no longer there (SIGBUS). With this guard the reader meets zeros instead, and can ask afterwards
// whether what it read was the file.
#ifndef NEXIFY_MAPPING_GUARD_H
#define NEXIFY_MAPPING_GUARD_H
#include <stddef.h>
#include <stdint.h>

/// Mappings that are guarded at the same time, at most.
enum { NX_MAPPINGS_MAX = 1 << 16 };

/// A guarded mapping's place in the table.
typedef struct {
    /// Odd while the place is changed.
    uint32_t version;
    /// Whether a page of it was missing when it was read.
    uint32_t is_lost;
    /// Its first byte, and the one behind its last; 0 when the place is free.
    uintptr_t start, end;
} nx_mapping;

/// Guards the read-only mapping of `length` bytes at `start`, a multiple of pages. NULL when the table is full.
nx_mapping *nx_mapping_guard(const void *start, size_t length);

/// Ends it; to be called before the mapping goes, once.
void nx_mapping_release(nx_mapping *mapping);

/// Whether a byte of a mapping is zero: read anew each time.
static inline int nx_byte_is_zero(const uint8_t *byte) { return *(const volatile uint8_t *)byte == 0; }

/// Whether anything that was read from it before this call may have been a zero that stands in for a missing page.
static inline int nx_mapping_is_lost(const nx_mapping *mapping) {
    // What was read before stays before.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&mapping->is_lost, __ATOMIC_RELAXED) != 0;
}
#endif
