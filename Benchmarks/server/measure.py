#!/usr/bin/env python3
"""Measures triage-server beside the same endpoints in Django, on the same rows of one PostgreSQL, and writes docs/BENCHMARKS-HTTP.md.

Started by Benchmarks/http.sh, which makes what this needs.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

import machine
import rows
import server_report
import stream_load
import wrk
from argon2 import PasswordHasher
from cluster import ROOT, Cluster
from django_peer import KINDS, WORKERS, DjangoPeer
from event_stream import StreamRefused
from triage_server import ServerEnded, TriageServer, call, migrate, sign_in
from usage import Usage

RESULTS = ROOT / ".nexify/benchmarks/http.json"
OURS = "nexify"
SCENES = ["memory", "list", "list-filtered", "detail", "sign-in", "trigger", "streams"]
SIGN_IN_CONNECTIONS, TRIGGER_CONNECTIONS = 4, 50
LIST = f"/api/organizations/{rows.ORGANIZATION}/tickets/"


def main() -> None:
    options = arguments()
    if options.report_only:
        results = json.loads(RESULTS.read_text("utf-8"))
    else:
        wrk.require()
        results = measure(options)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    sys.exit(0 if server_report.write(results, ROOT / "docs") else "A target is missed; the report says which.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(SCENES), help=f"scenes of {','.join(SCENES)} (default: all)")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of one run of wrk (default 10)")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--stream-seconds", type=int, default=60)
    parser.add_argument("--report-only", action="store_true", help="write the report again from the last results")
    parser.add_argument("--quick", action="store_true", help="one round of 3 s and 10 s of streams, to see that all of it works")
    options = parser.parse_args()
    options.scenes = options.only.split(",")
    unknown = set(options.scenes) - set(SCENES)
    if unknown:
        parser.error(f"no such scene: {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    if options.quick:
        options.rounds, options.seconds, options.stream_seconds = 1, 3, 10
    return options


def measure(options: argparse.Namespace) -> dict:
    results = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "commit": commit(), "machine": machine.describe(),
        "loadBefore": machine.load_average(), "versions": versions(),
        "parameters": {name: getattr(options, name) for name in ("tickets", "rounds", "seconds", "connections")},
        "scenes": {}}
    with tempfile.TemporaryDirectory(prefix="nexify-http-") as scratch, ExitStack() as running:
        os.chmod(scratch, 0o711)  # the account that runs PostgreSQL passes through
        home = Path(scratch)
        say("a database and its rows")
        cluster = Cluster(home / "postgres")
        running.callback(cluster.end)
        migrate(home / "migrate", cluster.url)
        # The hash that both sides check; its parameters are theirs, too.
        hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        rows.fill(cluster, options.tickets, hasher.hash(rows.PASSWORD))
        results["versions"]["postgres"] = cluster.sql("SHOW server_version")

        server = TriageServer("serve", home / "serve", cluster.url)
        running.callback(lambda: server.end())
        server.wait_until_ready()
        if "memory" in options.scenes:
            say("idle memory")
            time.sleep(5)  # what a start leaves behind is given back
            results["scenes"]["memory"] = {"idle": server.memory()}

        systems = {OURS: (server.port, server.process.pid)}
        for kind in KINDS:
            peer = DjangoPeer(kind, cluster.url, home / f"django-{kind}.log")
            running.callback(peer.end)
            systems[f"django-{kind}"] = (peer.wait_until_ready().port, peer.process.pid)
        compare(systems)

        for scene in ("list", "list-filtered", "detail", "sign-in"):
            if scene in options.scenes:
                results["scenes"][scene] = side_by_side(scene, systems, cluster, options)
        if "memory" in options.scenes:
            results["scenes"]["memory"]["after load"] = server.memory()
        if "trigger" in options.scenes:
            results["scenes"]["trigger"] = trigger(server, cluster, home, options)
        if "streams" in options.scenes:
            try:
                results["scenes"]["streams"] = streams(server, cluster, home, options, running)
            except (stream_load.EventsLost, StreamRefused) as fault:
                # The other scenes' figures are worth their report all the same.
                results["scenes"]["streams"] = {"failed": str(fault)}
    results["loadAfter"] = machine.load_average()
    return results


def sign_in_everywhere(systems: dict) -> dict:
    """For each scene anew: an access token of ours lives ten minutes."""
    return {name: sign_in(port, "agent-1", rows.PASSWORD) for name, (port, _) in systems.items()}


def compare(systems: dict) -> None:
    """Both sides must give the same, or the figures compare nothing: the same rows, character by character."""
    tokens = sign_in_everywhere(systems)
    middle = rows.FIRST_TICKET + 4_711
    for path in (f"/api/tickets/{middle}/", LIST, f"{LIST}?status=open&priority=high&page=2"):
        answers = {}
        for name, (port, _) in systems.items():
            status, body = call(port, "GET", path, token=tokens[name])
            answers[name] = (status, without_links(json.loads(body)))
        if any(answer != answers[OURS] for answer in answers.values()):
            sys.exit(f"{path} is not answered alike, so there is nothing to compare: {answers}")


def without_links(answer: dict) -> dict:
    """The links to other pages name the server's own port."""
    return {name: value for name, value in answer.items() if name not in ("next", "previous")}


def side_by_side(scene: str, systems: dict, cluster: Cluster, options: argparse.Namespace) -> dict:
    """Each system's rounds; ours and the peers by turns, each round beginning with the next."""
    tokens = sign_in_everywhere(systems)
    found = {name: [] for name in systems}
    names = list(systems)
    for number in range(-1, options.rounds):
        warm_up = number < 0
        say(f"{scene}, {'warming up' if warm_up else f'round {number + 1} of {options.rounds}'}")
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            port, pid = systems[name]
            usage = Usage(pid, cluster)
            seconds = min(2, options.seconds) if warm_up else options.seconds
            result = run(scene, port, tokens[name], seconds, options)
            if not warm_up:
                found[name].append(result | usage.by_request(result["requests"]))
    return found


def run(scene: str, port: int, token: str, seconds: float, options: argparse.Namespace) -> dict:
    if scene == "sign-in":
        return wrk.run(port, "sign_in", SIGN_IN_CONNECTIONS, seconds, USERS=rows.USERS, PASSWORD=rows.PASSWORD)
    if scene == "detail":
        chosen = {"PATTERN": "/api/tickets/%d/", "FIRST": rows.FIRST_TICKET, "COUNT": options.tickets}
    else:
        query = "?status=open&priority=high" if scene == "list-filtered" else ""
        chosen = {"PATTERN": f"/api/organizations/%d/tickets/{query}", "FIRST": rows.ORGANIZATION, "COUNT": 1}
    return wrk.run(port, "get", options.connections, seconds, TOKEN=token, **chosen)


def trigger(server: TriageServer, cluster: Cluster, home: Path, options: argparse.Namespace) -> dict:
    """Ours alone: triggers accepted without a worker, and with one that takes the same cores for the triage itself."""
    found: dict[str, list] = {"alone": [], "with a worker": []}
    part = options.tickets // 4
    for number in range(options.rounds):
        for kind, taken in found.items():
            say(f"trigger, {kind}, round {number + 1} of {options.rounds}")
            token = sign_in(server.port, "agent-1", rows.PASSWORD)
            with ExitStack() as running:
                if kind != "alone":
                    worker = TriageServer("worker", home / "worker", cluster.url)
                    running.callback(worker.end)
                    wait_for_worker(worker)
                usage = Usage(server.process.pid, cluster)
                result = wrk.run(
                    server.port, "trigger", TRIGGER_CONNECTIONS, options.seconds, TOKEN=token, FIRST=rows.FIRST_TICKET + number % 3 * part,
                    COUNT=part, ROUND=f"{number}-{kind[:4]}")
                taken.append(result | usage.by_request(result["requests"]))
            # What is left of the queue must not be the next round's load.
            cluster.sql("DELETE FROM jobs")
            rows.settle(cluster)
    return found


def wait_for_worker(worker: TriageServer) -> None:
    """A worker serves nothing that could be asked, but says when it has begun."""
    bound = time.monotonic() + 60
    while time.monotonic() < bound and worker.process.poll() is None:
        if worker.log.stat().st_size:
            time.sleep(2)
            return
        time.sleep(0.1)
    raise ServerEnded(f"the worker did not start:\n{worker.log.read_text()[-2000:]}")


def streams(server: TriageServer, cluster: Cluster, home: Path, options: argparse.Namespace, running: ExitStack) -> dict:
    path = f"/api/organizations/{rows.ORGANIZATION}/stream/"
    # Without a token an existing one says 401, and does not begin.
    if call(server.port, "GET", path)[0] == 404:
        return {"missing": "this server has no event stream"}
    token = sign_in(server.port, "agent-1", rows.PASSWORD)
    first = rows.FIRST_TICKET + options.tickets * 3 // 4
    say(f"{options.streams} event streams for {options.stream_seconds} s")
    held = asyncio.run(stream_load.hold(server, path, token, first, options.streams, options.stream_seconds))
    say("event streams: dropped, resumed at another server, resumed after a restart")
    other = TriageServer("serve", home / "other", cluster.url)
    running.callback(other.end)
    other.wait_until_ready()

    def restart() -> TriageServer:
        again = TriageServer("serve", home / "serve", cluster.url, port=server.port)
        running.callback(again.end)
        return again.wait_until_ready()

    first += options.stream_seconds * stream_load.CHANGES_PER_SECOND
    resumed = asyncio.run(stream_load.resume(server, restart, other, path, token, first, min(100, options.streams)))
    return {"held": held, "resumed": resumed}


def versions() -> dict:
    packages = ["django", "djangorestframework", "djangorestframework-simplejwt", "gunicorn", "psycopg", "psycopg-binary", "argon2-cffi"]
    return {
        "python": platform.python_version(), "wrk": wrk.version(), "gunicorn workers": WORKERS,
        "gunicorn threads": KINDS["gthread"][-1].split("=")[1]} | {name: version(name) for name in packages}


def commit() -> str:
    return subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip() or "?"


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}, load {machine.load_average():.2f}] {text}", flush=True)


if __name__ == "__main__":
    main()
