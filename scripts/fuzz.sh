#!/usr/bin/env bash
# Fuzzes the reader of index files with libFuzzer and AddressSanitizer: docs/TESTING.md.
#   FUZZ_RUNS=…   executions in total (200,000); 0 only builds
#   FUZZ_JOBS=…   processes (one for each two processors, at least one)
#   FUZZ_MERGE=1  afterwards puts what was found into Tests/Fuzz/corpus, as few inputs as give the same coverage
# New inputs are kept in .build/fuzz/found; what crashes is kept in .build/fuzz/crashes and named at the end.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs="${FUZZ_RUNS:-200000}"
processors="$(nproc)"
jobs="${FUZZ_JOBS:-$((processors > 1 ? processors / 2 : 1))}"
out=.build/fuzz
mkdir -p "$out/c" "$out/found" "$out/seeds" "$out/crashes"

# The engine is built anew with coverage counters; what did not change is not.
# Coverage is counted in the engine only, not in what makes a file of an input.
c_flags=(-O2 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address -fno-sanitize-recover=all -I Sources/CBLAS/include)
for source in Sources/CBLAS/*.c; do
    object="$out/c/$(basename "$source" .c).o"
    if [ -n "$(find Sources/CBLAS -newer "$object" -type f 2>/dev/null || echo new)" ]; then
        clang "${c_flags[@]}" -c "$source" -o "$object"
    fi
done
swift_flags=(-O -g -wmo -swift-version 6 -package-name nexify -parse-as-library
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -I "$out" -I Sources/CBLAS/include -module-cache-path "$out/modules"
    -Xcc "-fmodule-map-file=$out/CBLAS.modulemap")
printf 'module CBLAS { umbrella header "%s" export * }\n' "$PWD/Sources/CBLAS/include/CBLAS.h" >"$out/CBLAS.modulemap"
compile() { # SANITIZERS MODULE SOURCES…
    local sanitizers="$1" module="$2"
    shift 2
    if [ -n "$(find "$@" scripts/fuzz.sh -newer "$out/$module.o" 2>/dev/null || echo new)" ]; then
        swiftc "${swift_flags[@]}" -sanitize="$sanitizers" -module-name "$module" -emit-module -emit-module-path "$out/$module.swiftmodule" \
            -c "$@" -o "$out/$module.o"
    fi
}
mapfile -t engine < <(find Sources/VectorIndex -name '*.swift' | sort)
compile fuzzer,address VectorIndex "${engine[@]}"
compile address IndexFuzz Tests/Fuzz/IndexFuzz/*.swift
compile address FuzzEntry Tests/Fuzz/Entry/*.swift
swiftc -use-ld=lld -sanitize=fuzzer,address -o "$out/fuzz-index" "$out"/{VectorIndex,IndexFuzz,FuzzEntry}.o "$out"/c/*.o -lblas

[ "$runs" != 0 ] || exit 0

export OPENBLAS_NUM_THREADS=1 SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=4:malloc_context_size=2:detect_leaks=0:allocator_release_to_os_interval_ms=-1}"
rm -f "$out"/seeds/*
NEXIFY_FUZZ_SEEDS="$out/seeds" "$out/fuzz-index" -runs=0 2>/dev/null
echo "fuzz: $runs executions in $jobs processes, from $(find Tests/Fuzz/corpus -type f | wc -l) inputs of the corpus"

status=0
pids=()
for ((job = 0; job < jobs; job++)); do
    "$out/fuzz-index" -runs="$(((runs + jobs - 1) / jobs))" -max_len=16384 -timeout=10 -rss_limit_mb=2048 -reload=30 -purge_allocator_interval=-1 -detect_leaks=0 \
        -print_final_stats=1 -artifact_prefix="$out/crashes/" "$out/found" Tests/Fuzz/corpus "$out/seeds" \
        >"$out/job-$job.log" 2>&1 &
    pids+=($!)
done
trap 'kill "${pids[@]}" 2>/dev/null || true' INT TERM
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
for ((job = 0; job < jobs; job++)); do
    grep -E 'cov:' "$out/job-$job.log" | tail -1
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec)|ERROR|SUMMARY|Test unit written' "$out/job-$job.log" || true
done
if [ "${FUZZ_MERGE:-0}" = 1 ]; then
    mkdir -p "$out/merged"
    rm -f "$out"/merged/*
    # One input for each branch; how often it was taken would keep four times as many.
    "$out/fuzz-index" -merge=1 -use_counters=0 -max_len=16384 "$out/merged" Tests/Fuzz/corpus "$out/found" "$out/seeds" >"$out/merge.log" 2>&1
    rm -f Tests/Fuzz/corpus/*
    cp "$out"/merged/* Tests/Fuzz/corpus/
    echo "fuzz: the corpus has $(find Tests/Fuzz/corpus -type f | wc -l) inputs, $(du -sb Tests/Fuzz/corpus | cut -f1) bytes"
fi
if [ "$status" != 0 ]; then
    echo "fuzz: FAILED; inputs that end the process are in $out/crashes" >&2
fi
exit "$status"
