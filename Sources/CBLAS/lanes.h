// How every level ends a float sum: 32 lanes are folded in halves, so that all levels round alike.
#ifndef NEXIFY_LANES_H
#define NEXIFY_LANES_H

enum { nx_lanes = 32 };

static inline float nx_fold_lanes(float *lanes) {
    for (int half = nx_lanes / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) lanes[i] = lanes[i] + lanes[i + half];
    }
    return lanes[0];
}

#endif
