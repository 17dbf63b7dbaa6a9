#!/usr/bin/env python3
"""Measures what many organisations with small knowledge bases cost one server.

Starts a database of its own, fills it with organisations of 20 chunks each (random vectors: what is measured is time and
memory, not the answers), and starts `triage-server serve` and `worker` against it. Prints, or with --json writes, the
figures that stand in docs/decisions/live-index.md.
"""

import argparse
import http.client
import json
import os
import random
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PSQL = ROOT / ".nexify/parts/postgresql/bin/psql"
# A request reads its user's memberships, and nobody is a member of ten thousand.
ORGANIZATIONS_PER_USER = 250
SECRET = secrets.token_hex(32)
QUESTION = "When is my payout sent?"

FILL = """
SET synchronous_commit = off;
INSERT INTO organizations (id, name) SELECT n, 'Organisation ' || n FROM generate_series({first}, {last}) AS n;
INSERT INTO users (username, password_hash)
    SELECT 'agent-' || n, password_hash FROM users, generate_series({first} / {per_user}, {last} / {per_user}) AS n
    WHERE username = 'agent';
INSERT INTO memberships (organization_id, user_id, role)
    SELECT n, u.id, 'agent' FROM generate_series({first}, {last}) AS n JOIN users u ON u.username = 'agent-' || n / {per_user};
INSERT INTO documents (id, organization_id, title, text)
    SELECT n, n, 'Handbook', 'text' FROM generate_series({first}, {last}) AS n;
INSERT INTO chunks (organization_id, document_id, chunk_index, text, char_start, char_end, embedding, embedding_model)
    SELECT n, n, c, 'Passage ' || c || ' of organisation ' || n, 0, 4,
           (SELECT array_agg(random() - 0.5 + 0 * (n + c + d)) FROM generate_series(1, 384) AS d)::real[]::vector, m.model
    FROM (SELECT min(embedding_model) AS model FROM chunks) AS m, generate_series({first}, {last}) AS n,
         generate_series(1, {chunks}) AS c;
INSERT INTO index_sources (organization_id, kind, log_floor)
    SELECT n, k, 1 FROM generate_series({first}, {last}) AS n, unnest(ARRAY['kb', 'decided']) AS k;
SELECT setval(pg_get_serial_sequence('documents', 'id'), {last} + 1);
VACUUM (ANALYZE) chunks; VACUUM (ANALYZE) index_sources; VACUUM (ANALYZE) decided_tickets;
"""


class Tokens(dict):
    """Access tokens by organisation, signed in for when first needed."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def of(self, organization):
        user = organization // ORGANIZATIONS_PER_USER
        if user not in self:
            body = {"username": f"agent-{user}", "password": "nexify-demo"}
            self[user] = self.server.json("POST", "/api/auth/token/", body)["access"]
        return self[user]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A triage-server process."""

    def __init__(self, program, command, directory, **settings):
        self.port = free_port()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NEXIFY_LLM") and k != "DATABASE_URL"}
        environment |= {"NEXIFY_PORT": str(self.port), "NEXIFY_DATA_DIR": str(directory)} | settings
        self.log = open(f"{directory}/{command}.log", "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [str(program), command], env=environment, cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT
        )

    def wait_until_ready(self):
        """Seconds from the start of the process to /readyz 200."""
        while True:
            if self.process.poll() is not None:
                sys.exit(f"triage-server ended:\n{Path(self.log.name).read_text()[-2000:]}")
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return time.monotonic() - self.started
            except OSError:
                pass
            time.sleep(0.005)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def call(self, method, path, body=None, token=None, connection=None):
        own = connection or self.connect()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        own.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = own.getresponse()
        data = answer.read()
        if connection is None:
            own.close()
        return answer.status, data

    def json(self, *arguments, **options):
        status, data = self.call(*arguments, **options)
        if status >= 400:
            sys.exit(f"{arguments}: {status} {data[:500]}")
        return json.loads(data) if data else None

    def metric(self, name):
        text = self.call("GET", "/metrics")[1].decode()
        found = re.search(rf"^{name} (\S+)", text, re.M)
        return float(found.group(1)) if found else 0.0

    def state(self):
        """Memory and files as the system counts them."""
        process = f"/proc/{self.process.pid}"
        status = Path(f"{process}/status").read_text()
        size = {name: int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024 for name in ("VmRSS", "RssAnon", "RssFile")}
        maps = Path(f"{process}/maps").read_text()
        return {
            "resident_mib": round(size["VmRSS"], 1), "anonymous_mib": round(size["RssAnon"], 1),
            "file_mib": round(size["RssFile"], 1), "descriptors": len(os.listdir(f"{process}/fd")),
            "mapped_indexes": maps.count(".nxi"), "indexes_open": int(self.metric("nexify_indexes_open")),
        }

    def idle_cpu(self, seconds):
        """Milliseconds of processor a second while nothing is asked of it."""
        def ticks():
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])

        before = ticks()
        time.sleep(seconds)
        return round((ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds * 1000, 2)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


def quantiles(milliseconds):
    ordered = sorted(milliseconds)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
    return {"p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "max_ms": round(ordered[-1], 2)}


def search(server, tokens, organizations):
    """One search each. Returns the server's own time and the client's."""
    connection = server.connect()
    inside, outside, fallbacks = [], [], 0
    for organization in organizations:
        token = tokens.of(organization)
        start = time.perf_counter()
        answer = server.json(
            "POST", f"/api/organizations/{organization}/kb/retrieve/", {"query": QUESTION, "mode": "vector"},
            token=token, connection=connection)
        outside.append((time.perf_counter() - start) * 1000)
        inside.append(answer["took_ms"])
        fallbacks += answer["backend"] != "index"
    connection.close()
    return {"searches": len(organizations), "fallbacks": fallbacks, "server": quantiles(inside), "client": quantiles(outside)}


def freshness(server, tokens, organizations):
    """From the POST of a document until a search finds it, and after its DELETE how often one still does."""
    found_after, ghosts = [], 0
    for number, organization in enumerate(organizations):
        path, token = f"/api/organizations/{organization}", tokens.of(organization)
        text = f"The aquarium number {number} of this office is cleaned on Fridays."
        start = time.perf_counter()
        document = server.json("POST", f"{path}/documents/", {"title": "Aquarium", "text": text}, token=token)["id"]
        body = {"query": f"when is aquarium {number} cleaned", "mode": "vector"}

        def documents():
            answer = server.json("POST", f"{path}/kb/retrieve/", body, token=token)
            return [hit["document_id"] for hit in answer["results"]]

        while document not in documents():
            time.sleep(0.01)
        found_after.append((time.perf_counter() - start) * 1000)
        server.json("DELETE", f"{path}/documents/{document}/", token=token)
        ghosts += sum(document in documents() for _ in range(20))
    return {"documents": len(organizations), "found_after": quantiles(found_after), "found_after_delete": ghosts}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--organizations", type=int, default=10_000)
    parser.add_argument("--chunks", type=int, default=20, help="of each organisation (default 20)")
    parser.add_argument("--touched", type=int, default=2_000, help="organisations that are searched (default 2000)")
    parser.add_argument("--open-max", type=int, default=512, help="NEXIFY_INDEX_OPEN_MAX (default 512)")
    parser.add_argument("--idle-seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--server", default=os.environ.get("NEXIFY_SERVER", ROOT / ".build/release/triage-server"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="nexify-organizations-") as scratch:
        os.chmod(scratch, 0o711)  # the account that runs PostgreSQL passes through
        homes = {name: Path(scratch) / name for name in ("database", "serve", "worker")}
        for home in homes.values():
            home.mkdir(mode=0o711)
        host = Server(options.server, "up", homes["database"])
        servers = [host]
        try:
            host.wait_until_ready()
            url = database_url(host)
            first, last = 1_001, 1_000 + options.organizations
            begun = time.monotonic()
            subprocess.run(
                [PSQL, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url],
                input=FILL.format(first=first, last=last, chunks=options.chunks, per_user=ORGANIZATIONS_PER_USER), text=True, check=True)
            report = {
                "organizations": options.organizations, "chunks_each": options.chunks, "seed": options.seed,
                "processors": os.cpu_count(), "fill_s": round(time.monotonic() - begun, 1)}
            settings = {
                "DATABASE_URL": url, "NEXIFY_SECRET_KEY": SECRET, "NEXIFY_INDEX_OPEN_MAX": str(options.open_max),
                "NEXIFY_CROSS_CHECK_SHARE": "0"}
            server = Server(options.server, "serve", homes["serve"], **settings)
            servers.append(server)
            report["load_average"] = round(os.getloadavg()[0], 2)
            report["start_to_ready_s"] = round(server.wait_until_ready(), 3)
            report["after_start"] = server.state()
            report["idle_ms_per_s_none_open"] = server.idle_cpu(options.idle_seconds)
            tokens = Tokens(server)
            chosen = random.Random(options.seed).sample(range(first, last + 1), options.touched)
            report["first_search_builds"] = search(server, tokens, chosen)
            report["after_touching"] = server.state()
            report["idle_ms_per_s_full"] = server.idle_cpu(options.idle_seconds)
            report["warm"] = search(server, tokens, chosen[-min(200, options.open_max):])
            report["reopened"] = search(server, tokens, chosen[: min(1_000, options.touched - options.open_max)])
            report["after_reopening"] = server.state()
            worker = Server(options.server, "worker", homes["worker"], **settings)
            servers.append(worker)
            report["freshness"] = freshness(server, tokens, chosen[:20])
            files = list(homes["serve"].glob("indexes/*/*.nxi"))
            report["files"] = {"count": len(files), "bytes_mean": round(statistics.mean(f.stat().st_size for f in files))}
        finally:
            for server in reversed(servers):
                server.end()
    print(json.dumps(report, indent=None if options.json else 2))


def database_url(host):
    """Of the private PostgreSQL that `up` started, out of its process's own files."""
    home = Path(host.log.name).parent / "postgres"
    lines = (home / "cluster/postmaster.pid").read_text().splitlines()
    password = (home / "password").read_text().strip()
    return f"postgresql://nexify:{password}@/nexify?host={lines[4]}&port={lines[3]}"


if __name__ == "__main__":
    main()
