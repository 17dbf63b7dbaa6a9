"""Holds a running server against its own OpenAPI document: schemathesis sends what the document allows and what it forbids.

A finding is an answer of 5xx, a status or content type that the document does not name, a body or header that breaks its schema, a
request that was accepted without its sign-in or against its schema, a deleted thing that is still there. Not a finding is that a request is
refused which the schema allows: no schema knows which teams there are, or that a ticket has changed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from triage_server import TriageServer, call, sign_in

REQUESTS_MIN = 20_000
# Each with another seed, until there are enough requests; a document that does not get there has hardly any routes.
RUNS_MAX = 10
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method", "allow_header_conformance",
    "ignored_auth", "use_after_free", "ensure_resource_availability"]
# Tickets of which the first requests find a suggestion.
TRIAGED = 20
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
            existing = rows_of(server)
            made = 0
            for run in range(1, 2 if own else RUNS_MAX + 1):
                made += examine(server, Path(scratch), existing, ["--seed", str(run), *own])
                print(f"contract: {made:,} requests so far, nothing found.", flush=True)
                if made >= REQUESTS_MIN:
                    break
            if server.process.poll() is not None:
                sys.exit(f"contract: the server ended:\n{server.log.read_text()[-2000:]}")
        finally:
            server.end()
    if not own and made < REQUESTS_MIN:
        sys.exit(f"contract: only {made:,} requests in {RUNS_MAX} runs; {REQUESTS_MIN:,} are asked for.")


def rows_of(server: TriageServer) -> dict:
    """Ids that exist in the demo organisation, some of its tickets being triaged for it: requests that name none test little."""
    token = sign_in(server.port, "admin", "nexify-demo")

    def get(path: str) -> dict:
        status, body = call(server.port, "GET", path, token=token)
        if status != 200:
            sys.exit(f"contract: GET {path} answered {status}: {body[:300]!r}")
        return json.loads(body)

    organization = get("/api/me/")["organizations"][0]["id"]
    tickets = [ticket["id"] for ticket in get(f"/api/organizations/{organization}/tickets/?page_size=100")["results"]]
    documents = [document["id"] for document in get(f"/api/organizations/{organization}/documents/?page_size=100")["results"]]
    runs, suggestions = [], []
    for ticket in tickets[:TRIAGED]:
        _, body = call(
            server.port, "POST", f"/api/tickets/{ticket}/trigger-triage/?wait=30", {}, token, Idempotency_Key=f"contract-{ticket}")
        run = json.loads(body)
        runs.append(run["job_run_id"])
        if run["suggestion"]:
            suggestions.append([ticket, run["suggestion"]["id"]])
    if not suggestions:
        sys.exit(f"contract: of {TRIAGED} tickets none was triaged")
    return {
        "existing": {"organization": [organization], "ticket": tickets, "document": documents, "run": runs,
                     # Counted from 1; the first user is the one who asks, and is to stay an administrator.
                     "team": list(range(1, 10)), "rule": list(range(1, 10)), "key": list(range(1, 10)), "user": [2, 3]},
        "suggestions": suggestions}


def examine(server: TriageServer, scratch: Path, rows: dict, options: list[str]) -> int:
    """One run; ends the program when there is a finding. Returns the number of requests."""
    count = scratch / "count"
    # Nothing of the caller's settings is schemathesis's to know.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NEXIFY_", "DATABASE_URL"))} | {
        "SCHEMATHESIS_HOOKS": "contract_hooks", "PYTHONPATH": str(Path(__file__).parent),
        "LOAD_TEST": json.dumps(rows | {"port": server.port, "count": str(count)})}
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{server.base}/api/schema/", "--mode=all", f"--checks={','.join(CHECKS)}",
         f"--exclude-path-regex={WITHOUT}", "--phases=examples,coverage,fuzzing,stateful", "--max-examples=100", "--workers=2",
         "--continue-on-failure", "--request-timeout=40", "--generation-database=none", "--suppress-health-check=all", *options],
        cwd=scratch, env=environment)
    if done.returncode != 0:
        sys.exit(
            f"contract: schemathesis ended with status {done.returncode}; its findings are above. "
            f"The same again: scripts/test-load.sh contract {' '.join(options)}")
    return int(count.read_text())


if __name__ == "__main__":
    main()
