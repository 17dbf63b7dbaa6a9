#!/usr/bin/env bash
# Measures Nexify beside other vector indexes and writes docs/BENCHMARKS.md. Fetches what it needs, once.
#
# Usage: Benchmarks/peers.sh [--quick] [--data texts,packages,glove] [--peers …] [--rounds N] [--skip-curve] [--rebuild]
#                            [--report-only] [--tool index-tool]            (--help tells all of them)
#        Benchmarks/peers.sh --filters [--percent 10,1,0.1] [--kinds …] [--systems …] [--rounds N]   filtered searches
# NEXIFY_PYTHON   the Python for the peers (default: python3.11 where there is one, else python3)
# PIP_INDEX_URL, PIP_FIND_LINKS and pip's other settings are honoured.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.nexify/peers-venv
requirements=Benchmarks/peers/requirements-peers.txt
python="${NEXIFY_PYTHON:-$(command -v python3.11 || command -v python3 || true)}"
say() { printf '%s\n' "$*"; }
fail() {
    printf 'peers: %s\n' "$*" >&2
    exit 1
}

# ---------------------------------------------------------------------------------------------------------------------
# Debian packages: WordNet's texts; a compiler and Python's headers for hnswlib; apt's own list of packages.

packages=(wordnet-base)
[[ -n "$python" ]] || packages+=(python3 python3-dev python3-venv)
command -v g++ >/dev/null || packages+=(g++)
if [[ -n "$python" ]]; then
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || packages+=(python3-venv)
    header="$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h"
    [[ -f "$header" ]] || packages+=(python3-dev)
fi

as_root=()
if ((EUID != 0)); then
    as_root=(sudo)
fi
missing=()
for package in "${packages[@]}"; do
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
done
known="$(apt-cache dumpavail 2>/dev/null | grep -c '^Package: ' || true)"
if ((${#missing[@]} || known < 10000)); then
    ((EUID == 0)) || command -v sudo >/dev/null ||
        fail "run as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || say "The package lists could not be refreshed; trying with the ones at hand."
fi
if ((${#missing[@]})); then
    say "Installing the Debian packages that are missing: ${missing[*]}."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}" ||
        fail "apt-get could not install: ${missing[*]}. Its own message is above."
fi
python="${python:-$(command -v python3)}"

# ---------------------------------------------------------------------------------------------------------------------
# The peers, in a virtual environment of their own.

if [[ "$(cat "$venv/.sha256" 2>/dev/null)" != "$(sha256sum <"$requirements")" ]]; then
    say "Installing the peers into $venv."
    rm -rf "$venv"
    "$python" -m venv "$venv"
    if "$venv/bin/python" -c 'import platform, sys; sys.exit(sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64")'; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements" ||
            fail "the peers could not be installed. Check the network or pip's settings and run this again."
    else
        say "The hashes are those of CPython 3.11 on x86_64: this is another, so the same versions are installed unchecked."
        sed -e 's/ \\$//' -e '/--hash=/d' "$requirements" >"$venv/requirements.txt"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$venv/requirements.txt" ||
            fail "the peers could not be installed: there may be no builds for this Python. Try NEXIFY_PYTHON=python3.11."
    fi
    sha256sum <"$requirements" >"$venv/.sha256"
fi

# ---------------------------------------------------------------------------------------------------------------------
# hnswlib's filter as C++ has it: the header of the same pinned source package, and our few lines on top of it.

program=measure.py
if [[ "${1:-}" == --filters ]]; then
    shift
    program=filters.py
    native=.nexify/peers-native
    source=Benchmarks/peers/hnswlib_filter.cpp
    export NEXIFY_HNSWLIB_FILTER="$native/hnswlib_filter.so"
    stamp="$(cat "$requirements" "$source" | sha256sum)"
    if [[ "$(cat "$native/.sha256" 2>/dev/null)" != "$stamp" ]]; then
        say "Compiling hnswlib's filtered search in $native."
        rm -rf "$native"
        mkdir -p "$native"
        sed -n '/^hnswlib==/,/--hash=/p' "$requirements" >"$native/requirements.txt"
        "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary hnswlib --require-hashes \
            --requirement "$native/requirements.txt" --dest "$native" ||
            fail "hnswlib's source package could not be fetched. Check the network or pip's settings and run this again."
        tar -xzf "$native"/hnswlib-*.tar.gz -C "$native" --strip-components=1
        g++ -O3 -march=native -std=c++14 -shared -fPIC -I "$native" "$source" -o "$NEXIFY_HNSWLIB_FILTER" ||
            fail "$source does not compile; g++'s own message is above."
        printf '%s\n' "$stamp" >"$native/.sha256"
    fi
fi

"$venv/bin/python" -m unittest discover --quiet --start-directory Benchmarks/peers
exec "$venv/bin/python" "Benchmarks/peers/$program" "$@"
