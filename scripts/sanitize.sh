#!/usr/bin/env bash
# Runs the engine's tests under AddressSanitizer, with UndefinedBehaviorSanitizer for C, and under ThreadSanitizer:
# docs/TESTING.md. Optimised, as the tests are many, and with Swift's own assertions.
#   sanitize.sh [address] [thread]   both by default
#   SANITIZE_FILTER=…                only tests whose names match
#   SANITIZE_BUILD_ONLY=1            builds and runs nothing
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export NEXIFY_ENGINE_ONLY=1
export SWIFT_BACKTRACE=enable=no
# The process's last act is to remove test directories; what it still has then is no leak. A test that ends a child by a
# signal wants it to end so. Threads of OpenBLAS are not instrumented.
export ASAN_OPTIONS="detect_leaks=0:detect_stack_use_after_return=1:handle_sigbus=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="halt_on_error=1:handle_sigbus=0:second_deadlock_stack=1:suppressions=$PWD/scripts/tsan-suppressions.txt${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export OPENBLAS_NUM_THREADS=1

sanitizers=("$@")
[ "$#" != 0 ] || sanitizers=(address thread)
for sanitizer in "${sanitizers[@]}"; do
    flags=(-c release --sanitize "$sanitizer" --scratch-path ".build/sanitize-$sanitizer"
        -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -use-ld=lld)
    if [ "$sanitizer" = address ]; then
        flags+=(-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    fi
    echo "sanitize: $sanitizer"
    swift build "${flags[@]}" --build-tests
    [ -z "${SANITIZE_BUILD_ONLY:-}" ] || continue
    swift test "${flags[@]}" --skip-build ${SANITIZE_FILTER:+--filter "$SANITIZE_FILTER"}
done
