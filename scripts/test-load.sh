#!/usr/bin/env bash
# Tests under load, each against a throwaway database: the API against its own document, event streams, connections.
#
# Usage: scripts/test-load.sh [contract | streams | connections] [more for that part, e.g. contract --seed 7]
# Without a part all of them, one after another. NEXIFY_SERVER is the program (default .build/release/triage-server).
# PIP_INDEX_URL, PIP_FIND_LINKS and pip's other settings are honoured.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.nexify/load-venv
requirements=Tests/Load/requirements.txt
python="$(command -v python3.11 || command -v python3 || true)"
fail() {
    printf 'test-load: %s\n' "$*" >&2
    exit 1
}

case "${1:-}" in
'') parts=(contract streams connections) ;;
contract | streams | connections)
    parts=("$1")
    shift
    ;;
*) fail "there is no part '$1'; there are contract, streams and connections" ;;
esac
[[ -n "$python" ]] && "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "Python with venv is missing; as root: apt-get install --no-install-recommends python3 python3-venv"
[[ -x "${NEXIFY_SERVER:-.build/release/triage-server}" ]] || fail "there is no server to test; build it: make build"

if [[ "$(cat "$venv/.sha256" 2>/dev/null)" != "$(sha256sum <"$requirements")" ]]; then
    printf 'Installing the packages of %s into %s.\n' "$requirements" "$venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements" ||
        fail "they could not be installed. Check the network or pip's settings and run this again."
    sha256sum <"$requirements" >"$venv/.sha256"
fi

export PYTHONPATH=Benchmarks/server PYTHONDONTWRITEBYTECODE=1
for part in "${parts[@]}"; do
    "$venv/bin/python" "Tests/Load/$part.py" "$@"
done
