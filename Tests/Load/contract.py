"""Holds a running server against its own OpenAPI document: schemathesis sends what the document allows and what it forbids.

A finding is an answer of 5xx, a status or content type that the document does not name, a body or header that breaks its schema, or a
request that was accepted without its sign-in.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cluster import ROOT
from triage_server import TriageServer, call

REQUESTS_MIN = 20_000
# Each with another seed, until there are enough requests; a document that does not get there has hardly any routes.
RUNS_MAX = 10
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "unsupported_method", "ignored_auth", "use_after_free"]
# A stream does not end: Tests/Load/streams.py reads it.
WITHOUT = r"/stream/?$"


def main() -> None:
    """Arguments: those of `st run`, e.g. `--seed 7` or `--include-path-regex tickets`; with any there is one run."""
    own = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nexify-contract-") as scratch:
        os.chmod(scratch, 0o711)  # the account that runs PostgreSQL passes through
        server = TriageServer("up", Path(scratch) / "data", None)
        try:
            server.wait_until_ready()
            if call(server.port, "GET", "/api/schema/")[0] != 200:
                sys.exit("GET /api/schema/ does not answer 200, so there is no document to hold the server against.")
            made = 0
            for run in range(1, 2 if own else RUNS_MAX + 1):
                made += examine(server, Path(scratch), ["--seed", str(run), *own])
                print(f"contract: {made:,} requests so far, nothing found.", flush=True)
                if made >= REQUESTS_MIN:
                    break
            if server.process.poll() is not None:
                sys.exit(f"contract: the server ended:\n{server.log.read_text()[-2000:]}")
        finally:
            server.end()
    if not own and made < REQUESTS_MIN:
        sys.exit(f"contract: only {made:,} requests in {RUNS_MAX} runs; {REQUESTS_MIN:,} are asked for.")


def examine(server: TriageServer, scratch: Path, options: list[str]) -> int:
    """One run; ends the program when there is a finding. Returns the number of requests."""
    count = scratch / "count"
    environment = {name: value for name, value in os.environ.items() if name != "NEXIFY_SECRET_KEY"} | {
        "SCHEMATHESIS_HOOKS": "contract_hooks", "PYTHONPATH": str(Path(__file__).parent), "NEXIFY_LOAD_PORT": str(server.port),
        "NEXIFY_LOAD_COUNT": str(count)}
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{server.base}/api/schema/", "--mode=all", f"--checks={','.join(CHECKS)}",
         f"--exclude-path-regex={WITHOUT}", "--phases=examples,coverage,fuzzing,stateful", "--max-examples=100", "--workers=2",
         "--continue-on-failure", "--request-timeout=40", "--generation-database=none", "--suppress-health-check=all", *options],
        cwd=scratch, env=environment)
    if done.returncode != 0:
        sys.exit(f"contract: schemathesis ended with status {done.returncode}; its findings are above. The same again: scripts/test-load.sh contract {' '.join(options)}")
    return int(count.read_text())


if __name__ == "__main__":
    main()
