"""A throwaway database with some tickets, and a server on it, for the tests of streams and connections."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import rows
from argon2 import PasswordHasher
from cluster import Cluster
from triage_server import TriageServer, migrate

TICKETS = 10_000


class Throwaway:
    def __init__(self, home: Path, running: ExitStack, **settings: str):
        self.home, self.running, self.settings = home, running, settings
        self.cluster = Cluster(home / "postgres")
        running.callback(self.cluster.end)
        migrate(home / "migrate", self.cluster.url)
        rows.fill(self.cluster, TICKETS, PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(rows.PASSWORD))

    def serve(self, name: str, port: int | None = None) -> TriageServer:
        server = TriageServer("serve", self.home / name, self.cluster.url, port=port, **self.settings)
        self.running.callback(server.end)
        return server.wait_until_ready()


@contextmanager
def throwaway(**settings: str) -> Iterator[Throwaway]:
    with tempfile.TemporaryDirectory(prefix="nexify-load-") as scratch, ExitStack() as running:
        os.chmod(scratch, 0o711)  # the account that runs PostgreSQL passes through
        yield Throwaway(Path(scratch), running, **settings)


def open_files(needed: int) -> None:
    """Raises this process's limit, which the server inherits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        sys.exit(f"this needs {needed:,} open files, and the limit is {hard:,}: raise it (ulimit -Hn, or LimitNOFILE)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
