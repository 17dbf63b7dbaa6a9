// hnswlib's filtered search as C++ callers have it. Its Python module calls a Python function for each candidate, which
// would be measured instead of the index; here the filter is one bit test behind hnswlib's own BaseFilterFunctor.
//
// Compiled by peers.sh against the header of the pinned source package, with that package's own flags.

#include "hnswlib/hnswlib.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

using Index = hnswlib::HierarchicalNSW<float>;

struct Opened {
    hnswlib::InnerProductSpace space;
    Index index;

    Opened(const char *path, size_t dimensions) : space(dimensions), index(&space, path) {}
};

// Bit i of the map is row i, least significant first.
struct Bitmap : hnswlib::BaseFilterFunctor {
    const uint8_t *bits;

    explicit Bitmap(const uint8_t *bits) : bits(bits) {}

    bool operator()(hnswlib::labeltype row) override { return bits[row >> 3] >> (row & 7) & 1; }
};

}  // namespace

extern "C" {

// Nothing when the file cannot be read; standard error says why.
void *hnswlib_filter_open(const char *path, size_t dimensions) try {
    return new Opened(path, dimensions);
} catch (const std::exception &error) {
    std::fprintf(stderr, "hnswlib: %s\n", error.what());
    return nullptr;
}

// `count` queries one after another, all with one filter: k row numbers each, nearest first, -1 where there are fewer.
void hnswlib_filter_search(
    void *opened, const float *queries, size_t count, const uint8_t *bits, size_t k, size_t ef, int64_t *found) {
    Opened &own = *static_cast<Opened *>(opened);
    const size_t dimensions = *static_cast<size_t *>(own.space.get_dist_func_param());
    own.index.setEf(ef);
    Bitmap filter(bits);
    std::fill(found, found + count * k, -1);
    for (size_t query = 0; query < count; ++query) {
        auto nearest = own.index.searchKnn(queries + query * dimensions, k, &filter);
        for (size_t place = nearest.size(); place-- > 0; nearest.pop())
            found[query * k + place] = static_cast<int64_t>(nearest.top().second);
    }
}

}
