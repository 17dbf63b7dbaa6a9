#!/usr/bin/env bash
# Times `make run` as a newcomer meets it: a fresh clone, first start (set-up, build, seeding) and second start, each to /readyz 200.
#
# Usage: Benchmarks/first-run.sh [--keep] [--json]
#   --keep   leaves the clone for a look; its path is printed
# Needs a free port only; NEXIFY_PORT chooses it. pip's settings are honoured (PIP_FIND_LINKS with the two wheels leaves out the network).
# Exits with 1 when a target is missed: first start 900 s, second 10 s.
set -euo pipefail

keep=no
json=no
for option in "$@"; do
    case "$option" in
    --keep) keep=yes ;;
    --json) json=yes ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
first_seconds_max=900
second_seconds_max=10
work="$(mktemp -d "${TMPDIR:-/tmp}/nexify-first-run-XXXXXX")"
chmod 711 "$work" # the account that runs PostgreSQL passes through
export NEXIFY_PORT="${NEXIFY_PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}"
# What is timed is a newcomer's start, whatever this shell has set.
unset DATABASE_URL NEXIFY_DATA_DIR NEXIFY_PARTS_DIR NEXIFY_POSTGRES_DIR NEXIFY_MODEL_DIR NEXIFY_LLM
unset MAKEFLAGS MAKELEVEL MFLAGS # of the make that may have started this script

# `make run` has a process group of its own, so that a signal reaches make and server as Ctrl-C in a terminal does.
group=
stop() {
    [[ -n "$group" ]] || return 0
    kill -TERM -- "-$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
    group=
}
finish() {
    stop
    if [[ "$keep" == yes ]]; then
        printf 'The clone is in %s.\n' "$work/nexify" >&2
    else
        rm -rf "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }

# start NAME SECONDS_MAX: sets $elapsed; the server runs until `stop`.
start() {
    local name="$1" seconds_max="$2" from
    from="$(now)"
    setsid make -C "$work/nexify" run >"$work/$name.log" 2>&1 &
    group=$!
    until curl --silent --fail --output /dev/null --max-time 2 "http://127.0.0.1:$NEXIFY_PORT/readyz"; do
        if ! kill -0 "$group" 2>/dev/null; then
            printf 'make run ended before it was ready; its last lines:\n' >&2
            tail -n 30 "$work/$name.log" >&2
            exit 1
        fi
        if awk -v taken="$(since "$from")" -v bound="$((4 * seconds_max))" 'BEGIN { exit !(taken > bound) }'; then
            printf 'make run was not ready within four times its target of %s s; its last lines:\n' "$seconds_max" >&2
            tail -n 30 "$work/$name.log" >&2
            exit 1
        fi
        sleep 0.1
    done
    elapsed="$(since "$from")"
}

load_before="$(cut -d ' ' -f 1 /proc/loadavg)"
git clone --quiet "$repository" "$work/nexify"
commit="$(git -C "$work/nexify" rev-parse --short HEAD)"

start first "$first_seconds_max"
first="$elapsed"
stop
start second "$second_seconds_max"
second="$elapsed"
stop

load_after="$(cut -d ' ' -f 1 /proc/loadavg)"
if [[ "$json" == yes ]]; then
    printf '{"benchmark": "first-run", "machine": {"cores": %s, "loadBefore": %s, "loadAfter": %s}, "parameters": {"commit": "%s"}, "figures": [{"name": "first make run to ready", "value": %s, "unit": "s", "target": {"direction": "<=", "value": %s}}, {"name": "second make run to ready", "value": %s, "unit": "s", "target": {"direction": "<=", "value": %s}}]}\n' \
        "$(nproc)" "$load_before" "$load_after" "$commit" "$first" "$first_seconds_max" "$second" "$second_seconds_max"
else
    printf 'first-run at %s, %s cores, load %s to %s\n' "$commit" "$(nproc)" "$load_before" "$load_after"
    printf '  first make run to ready   %8s s   (<= %s)\n' "$first" "$first_seconds_max"
    printf '  second make run to ready  %8s s   (<= %s)\n' "$second" "$second_seconds_max"
fi
awk -v a="$first" -v b="$second" -v x="$first_seconds_max" -v y="$second_seconds_max" 'BEGIN { exit !(a <= x && b <= y) }'
