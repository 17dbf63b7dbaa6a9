#!/usr/bin/env python3
"""Measures the dashboard over a million tickets, each with a suggestion: its time over HTTP, and counting the rows instead.

Run by the Python of Benchmarks/http.sh, after it: .nexify/django-venv/bin/python -B Benchmarks/server/dashboard.py [--tickets N]
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

import rows
from argon2 import PasswordHasher
from cluster import Cluster
from triage_server import TriageServer, call, migrate, sign_in

DECIDE = """
INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
    SELECT organization_id, id, 'k', '\\x00', 'succeeded' FROM tickets WHERE organization_id = :organization;
INSERT INTO suggestions (organization_id, ticket_id, job_run_id, suggested_priority, suggested_team, draft_reply, confidence,
                         ticket_priority, ticket_status, ticket_subject, ticket_body_md5, status, decision, decided_by, decided_at)
    SELECT r.organization_id, r.ticket_id, r.id, 'high', (ARRAY['Billing', 'Technical', 'Accounts', 'Shipping'])[1 + r.id % 4],
           'Dear client', (r.id % 101) / 100.0, 'medium', 'open', 's', 'x',
           CASE WHEN r.id % 5 = 0 THEN 'pending' WHEN r.id % 5 = 1 THEN 'rejected' ELSE 'accepted' END,
           CASE WHEN r.id % 5 > 0 THEN '{"edits": {}}'::jsonb END, CASE WHEN r.id % 5 > 0 THEN 1 + r.id % 8 END,
           CASE WHEN r.id % 5 > 0 THEN now() + (r.id % 100003) * interval '1 second' END
    FROM job_runs r WHERE r.organization_id = :organization;
SELECT fold_tallies();
VACUUM ANALYZE suggestions;
VACUUM ANALYZE tickets;
"""

# The same figures by counting the rows: what the kept counts are instead of.
COUNTING = """
SELECT outcome, confidence_tenth, count(*), avg(confidence), percentile_cont(0.5) WITHIN GROUP (ORDER BY decision_seconds)
FROM suggestions WHERE organization_id = 1 GROUP BY 1, 2
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nexify-dashboard-") as scratch:
        os.chmod(scratch, 0o711)
        home = Path(scratch)
        cluster = Cluster(home / "postgres")
        try:
            migrate(home / "migrate", cluster.url)
            print(f"{options.tickets:,} tickets and suggestions are made", flush=True)
            hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
            rows.fill(cluster, options.tickets, hasher.hash(rows.PASSWORD))
            for statement in DECIDE.split(";\n"):
                if statement.strip():
                    cluster.sql(statement, organization=rows.ORGANIZATION)
            server = TriageServer("serve", home / "serve", cluster.url).wait_until_ready()
            try:
                token = sign_in(server.port, "agent-1", rows.PASSWORD)
                for path in (f"/api/organizations/{rows.ORGANIZATION}/dashboard/", f"/api/organizations/{rows.ORGANIZATION}/tickets/"):
                    times = []
                    for _ in range(options.requests):
                        start = time.perf_counter()
                        status, body = call(server.port, "GET", path, token=token)[:2]
                        times.append((time.perf_counter() - start) * 1000)
                        assert status == 200, body
                    times.sort()
                    print(f"{path}  p50 {statistics.median(times):.1f} ms  p99 {times[int(len(times) * 0.99)]:.1f} ms  max {times[-1]:.1f} ms")
                    if "dashboard" in path:
                        print(json.dumps(json.loads(body) if isinstance(body, (str, bytes)) else body)[:400])
                start = time.perf_counter()
                cluster.sql(COUNTING)
                print(f"counting the rows instead: {(time.perf_counter() - start) * 1000:.0f} ms")
            finally:
                server.end()
        finally:
            cluster.end()


if __name__ == "__main__":
    main()
