// The handler runs in the thread that met the missing page, in the middle of whatever it did: it takes no lock, allocates
// nothing, and makes one system call. It finds the mapping in a table of fixed size.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/mapping_guard.h"

static nx_mapping table[NX_MAPPINGS_MAX];
// Places from here on were never used.
static uint32_t used;
// Where a free place is likely.
static uint32_t next_free;

static struct sigaction previous;
static uintptr_t page_bytes;

// The mapping that an address belongs to. A place that is changed meanwhile is another mapping's: the one that is being
// read stays as long as it is read.
static nx_mapping *find(uintptr_t address) {
    uint32_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        nx_mapping *mapping = &table[i];
        uint32_t version = __atomic_load_n(&mapping->version, __ATOMIC_ACQUIRE);
        uintptr_t start = __atomic_load_n(&mapping->start, __ATOMIC_RELAXED);
        uintptr_t end = __atomic_load_n(&mapping->end, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (version & 1 || __atomic_load_n(&mapping->version, __ATOMIC_RELAXED) != version) continue;
        if (address >= start && address < end) return mapping;
    }
    return NULL;
}

// Puts zeros over all from the missing page to the mapping's end: what lies behind a missing page is missing as well when
// a file was cut short, and page by page a mapping could fall into more pieces than the system allows. The zeros are one
// shared page and cost no memory.
static int stand_in(nx_mapping *mapping, uintptr_t address) {
    __atomic_store_n(&mapping->is_lost, 1, __ATOMIC_RELEASE);
    uintptr_t start = address & ~(page_bytes - 1);
    // Not mmap(): sanitizers put a function of theirs in its place that may not be called here.
    long status = syscall(
        SYS_mmap, start, mapping->end - start, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
        0L);
    return status != -1;
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
    int saved = errno;
    // Signals that a process sends have no address.
    if (info->si_code > 0) {
        uintptr_t address = (uintptr_t)info->si_addr;
        nx_mapping *mapping = find(address);
        if (mapping && stand_in(mapping, address)) {
            errno = saved;
            return;
        }
    }
    // Not ours: as if this handler were not there.
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal_number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal_number);
    } else if (previous.sa_handler == SIG_DFL || info->si_code > 0) {
        // Comes again at once, when this handler has returned, and ends the process.
        signal(signal_number, SIG_DFL);
        if (info->si_code <= 0) raise(signal_number);
    }
    errno = saved;
}

static void install(void) {
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous);
}

// Takes a place that is free. The version says so twice: when it is looked at and when it is taken.
static int take(nx_mapping *mapping, uintptr_t start, uintptr_t end) {
    uint32_t version = __atomic_load_n(&mapping->version, __ATOMIC_ACQUIRE);
    if (version & 1 || __atomic_load_n(&mapping->end, __ATOMIC_RELAXED) != 0) return 0;
    if (!__atomic_compare_exchange_n(
            &mapping->version, &version, version + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return 0;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&mapping->is_lost, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->start, start, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->end, end, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->version, version + 2, __ATOMIC_RELEASE);
    return 1;
}

nx_mapping *nx_mapping_guard(const void *start, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    uint32_t first = __atomic_load_n(&next_free, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < NX_MAPPINGS_MAX; i++) {
        uint32_t place = (first + i) % NX_MAPPINGS_MAX;
        if (!take(&table[place], (uintptr_t)start, (uintptr_t)start + length)) continue;
        uint32_t count = __atomic_load_n(&used, __ATOMIC_RELAXED);
        while (count <= place && !__atomic_compare_exchange_n(
                   &used, &count, place + 1, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
        __atomic_store_n(&next_free, (place + 1) % NX_MAPPINGS_MAX, __ATOMIC_RELAXED);
        return &table[place];
    }
    return NULL;
}

void nx_mapping_release(nx_mapping *mapping) {
    uint32_t version = __atomic_load_n(&mapping->version, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->version, version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&mapping->start, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->end, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&mapping->version, version + 2, __ATOMIC_RELEASE);
    // The next one comes here again, so that the table's used part stays short.
    __atomic_store_n(&next_free, (uint32_t)(mapping - table), __ATOMIC_RELAXED);
}
