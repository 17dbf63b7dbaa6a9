#!/usr/bin/env bash
# Starts Nexify with a database of its own, clicks through the console in Chromium, and stops it again.
#
# Usage: scripts/test-console.sh [pytest's options]
# NEXIFY_SCREENSHOT_DIR    where pictures of every view go; without it none are taken
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
data="$(mktemp -d /tmp/nexify-console-XXXXXX)"
chmod 711 "$data" # the account that runs PostgreSQL passes through
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"

NEXIFY_DATA_DIR="$data" NEXIFY_PORT="$port" .build/release/triage-server up >"$data.log" 2>&1 &
server=$!
finish() {
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
    rm -rf "$data" "$data.log"
}
trap finish EXIT

for _ in $(seq 1 600); do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$data.log" >&2
        exit 1
    fi
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/readyz"; then break; fi
    sleep 0.2
done

export NEXIFY_BASE_URL="http://127.0.0.1:$port"
.nexify/venv/bin/python -m pytest Tests/Console "$@"
