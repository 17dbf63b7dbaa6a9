#!/usr/bin/env bash
# Compares the NEON kernels with plain C on a machine that has no NEON, under qemu-user: built by each compiler that is
# there, without and with the one-step byte product. On 64-bit ARM itself, `swift test` does it.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "$(uname -m)" in
aarch64 | arm64) exit 0 ;;
esac
if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
    echo "neon: not tested here; install gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user (scripts/setup.sh --tests)."
    exit 0
fi

# The toolchain's own compiler is what builds the product; it finds the libraries of the other's.
compilers=(aarch64-linux-gnu-gcc)
if clang --target=aarch64-linux-gnu -fuse-ld=lld -static -x c -o /dev/null - <<<'int main(void) { return 0; }' 2>/dev/null; then
    compilers+=("clang --target=aarch64-linux-gnu -fuse-ld=lld")
fi
scratch="$(mktemp -d /tmp/nexify-neon-XXXXXX)"
trap 'rm -rf "$scratch"' EXIT
for compiler in "${compilers[@]}"; do
    for processor in armv8-a armv8.2-a+dotprod; do
        # gcc does not know the pragma that keeps it from fusing; -ffp-contract says it to both.
        $compiler -O2 -std=gnu11 -march="$processor" -ffp-contract=off -Wno-unknown-pragmas -static \
            -I Sources/CBLAS/include -o "$scratch/neon_check" Tests/Neon/neon_check.c \
            Sources/CBLAS/kernels*.c Sources/CBLAS/encoding.c -lm -lpthread
        qemu-aarch64 "$scratch/neon_check" || {
            echo "neon: failed when built by $compiler for $processor" >&2
            exit 1
        }
    done
done
