#!/usr/bin/env bash
# Measures triage-server beside the same endpoints in Django REST Framework and writes docs/BENCHMARKS-HTTP.md.
#
# Usage: Benchmarks/http.sh [--quick] [--only list,detail,…] [--rounds N] [--report-only]     (--help tells all of them)
# NEXIFY_SERVER   the program that is measured (default .build/release/triage-server)
# NEXIFY_PYTHON   the Python of the Django side (default: python3.11 where there is one, else python3)
# PIP_INDEX_URL, PIP_FIND_LINKS and pip's other settings are honoured. Ends with 1 when a target is missed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.nexify/django-venv
requirements=Benchmarks/peers/django/requirements.txt
python="${NEXIFY_PYTHON:-$(command -v python3.11 || command -v python3 || true)}"
fail() {
    printf 'http: %s\n' "$*" >&2
    exit 1
}

command -v wrk >/dev/null || fail "wrk is not installed; as root: apt-get install --no-install-recommends wrk"
[[ -n "$python" ]] && "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "Python with venv is missing; as root: apt-get install --no-install-recommends python3 python3-venv"
[[ -x "${NEXIFY_SERVER:-.build/release/triage-server}" ]] || fail "there is no server to measure; build it: make build"

if [[ "$(cat "$venv/.sha256" 2>/dev/null)" != "$(sha256sum <"$requirements")" ]]; then
    printf 'Installing Django and what belongs to it into %s.\n' "$venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements" ||
        fail "they could not be installed. Check the network or pip's settings and run this again."
    sha256sum <"$requirements" >"$venv/.sha256"
fi

"$venv/bin/python" -B -m unittest discover --quiet --start-directory Benchmarks/server
# A thousand streams, and as many files at the server's end; it inherits the limit.
ulimit -n "$(ulimit -Hn)"
exec "$venv/bin/python" -B Benchmarks/server/measure.py "$@"
