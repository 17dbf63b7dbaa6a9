#!/usr/bin/env bash
# Takes the benchmarks' figures: builds, starts a server with a database of its own, measures three times, prints medians.
#
# Usage: Benchmarks/run.sh [triage] [embed] [open]     (all three without an argument)
# NEXIFY_ROUNDS   how often each is measured (default 3)
# NEXIFY_SERVER   the server to measure (default .build/release/triage-server)
# The single reports stay as JSON in .nexify/benchmarks/; exits with 1 when a median misses its target.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds="${NEXIFY_ROUNDS:-3}"
server="${NEXIFY_SERVER:-.build/release/triage-server}"
programs=Benchmarks/.build/release
results=.nexify/benchmarks
venv=.nexify/bench-venv
requirements=Benchmarks/peers/requirements.txt
wanted=("$@")
((${#wanted[@]})) || wanted=(embed open triage)
wants() { [[ " ${wanted[*]} " == *" $1 "* ]]; }
for name in "${wanted[@]}"; do
    [[ "$name" =~ ^(triage|embed|open)$ ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
done

mkdir -p "$results"
for name in "${wanted[@]}"; do
    rm -f "$results/$name"-*.json
    swift build -c release --package-path Benchmarks --product "$name-latency" >&2
done

server_pid=
scratch="$(mktemp -d "${TMPDIR:-/tmp}/nexify-benchmark-XXXXXX")"
chmod 711 "$scratch" # the account that runs PostgreSQL passes through
finish() {
    if [[ -n "$server_pid" ]]; then
        kill -TERM "$server_pid" 2>/dev/null || true
        wait "$server_pid" || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ours and the peer by turns, so that both meet the same machine.
if wants embed; then
    if [[ "$(cat "$venv/.sha256" 2>/dev/null)" != "$(sha256sum <"$requirements")" ]]; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" >&2
        sha256sum <"$requirements" >"$venv/.sha256"
    fi
    for round in $(seq "$rounds"); do
        "$programs/embed-latency" --json --vectors "$scratch/vectors.f32" >"$results/embed-$round.json"
        "$venv/bin/python" Benchmarks/peers/embed_peer.py --json --vectors "$scratch/vectors.f32" >"$results/embed-peer-$round.json"
    done
fi

if wants open; then
    # Built anew once, so that recall and speed are those of today's engine.
    rebuild=(--rebuild)
    for round in $(seq "$rounds"); do
        "$programs/open-latency" --json "${rebuild[@]}" >"$results/open-$round.json"
        rebuild=()
    done
fi

if wants triage; then
    [[ -x "$server" ]] || { printf '%s is missing: run make build, or name a server in NEXIFY_SERVER.\n' "$server" >&2; exit 1; }
    port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
    env -u DATABASE_URL -u NEXIFY_LLM NEXIFY_DATA_DIR="$scratch/data" NEXIFY_PORT="$port" "$server" up >"$scratch/server.log" 2>&1 &
    server_pid=$!
    until curl --silent --fail --output /dev/null --max-time 2 "http://127.0.0.1:$port/readyz"; do
        kill -0 "$server_pid" 2>/dev/null || { cat "$scratch/server.log" >&2; exit 1; }
        sleep 0.2
    done
    for round in $(seq "$rounds"); do
        "$programs/triage-latency" --base-url "http://127.0.0.1:$port" --json >"$results/triage-$round.json"
    done
fi

python3 Benchmarks/medians.py "$results"/*.json
