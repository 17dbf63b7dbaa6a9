"""What requests cost in processor time, which says something also when neighbours use the cores: the server's and PostgreSQL's."""

import os
import time
from pathlib import Path

from cluster import Cluster

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for process in found:
        try:
            found += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        except OSError:
            pass
    return found


def processor_seconds(pids: list[int]) -> float:
    """Of these, and of their ended children that they waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return ticks / TICKS


class Usage:
    """From its making until `by_request`."""

    def __init__(self, pid: int, cluster: Cluster):
        self.cluster, self.pid = cluster, pid
        self.postmaster = int((cluster.home / "cluster/postmaster.pid").read_text().split("\n")[0])
        self._quiet()
        cluster.sql("SELECT FROM pg_stat_statements_reset()")
        self.before = self._now()

    def by_request(self, requests: int) -> dict:
        spent = [after - before for before, after in zip(self.before, self._now())]
        # The statements of a kind differ by their numbers only; ours and Django's do not look alike.
        statements = self.cluster.sql(
            """SELECT calls, total_exec_time, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) FROM pg_stat_statements
               WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time DESC LIMIT 6""")
        listed = [line.split("\t") for line in statements.splitlines()]
        return {
            "server_cpu_us": round(spent[0] / requests * 1e6, 1), "postgres_cpu_us": round(spent[1] / requests * 1e6, 1),
            "statements": [
                {"calls_per_request": round(int(calls) / requests, 3), "us_per_request": round(float(total) / requests * 1e3, 1), "text": text}
                for calls, total, text in listed]}

    def _quiet(self) -> None:
        """Waits for what the run before left behind: wrk goes without waiting for its last answers."""
        bound = time.monotonic() + 30
        while time.monotonic() < bound and self.cluster.sql(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ):
            time.sleep(0.1)

    def _now(self) -> tuple[float, float]:
        return processor_seconds(family(self.pid)), processor_seconds(family(self.postmaster))
