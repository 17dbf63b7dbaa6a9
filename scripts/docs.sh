#!/usr/bin/env bash
# Builds the documentation of VectorIndex with DocC. A warning is an error: a link that leads nowhere, say, or a parameter
# that nobody described.
#
# Usage: scripts/docs.sh [DIRECTORY]     (default .nexify/docs; any web server shows it, at /documentation/vectorindex/)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
output="${1:-.nexify/docs}"
build=.build/release
symbols="$(mktemp -d "${TMPDIR:-/tmp}/nexify-docs-XXXXXX")"
trap 'rm -rf "$symbols"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Where SwiftPM is, its toolchain's docc is, whether or not that is on the PATH.
tools="$(dirname "$(readlink -f "$(command -v swift)")")"
[[ -x "$tools/docc" ]] || {
    printf 'docs: %s has no docc; use a Swift toolchain that brings it.\n' "$tools" >&2
    exit 1
}

swift build -c release --target VectorIndex
# The plugin for this is one more package to fetch; what it does is these two steps.
"$tools/swift-symbolgraph-extract" -module-name VectorIndex -I "$build/Modules" -I Sources/CBLAS/include \
    -Xcc -fmodule-map-file="$build/CBLAS.build/module.modulemap" \
    -target "$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",*/\1/p' | head -n 1)" \
    -minimum-access-level public -skip-inherited-docs -output-dir "$symbols"
rm -rf "$output"
mkdir -p "$(dirname "$output")"
"$tools/docc" convert Sources/VectorIndex/VectorIndex.docc --additional-symbol-graph-dir "$symbols" \
    --fallback-display-name VectorIndex --fallback-bundle-identifier nexify.VectorIndex \
    --warnings-as-errors --output-dir "$output"
printf 'Written: %s\n' "$output"
