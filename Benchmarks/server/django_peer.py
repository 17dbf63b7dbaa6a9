"""The same endpoints by Django REST Framework, behind gunicorn."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cluster import ROOT, free_port
from triage_server import SECRET, ServerEnded, call

PROJECT = ROOT / "Benchmarks/peers/django"
WORKERS = 2
# gunicorn's two usual ways to run a WSGI program. Only the second keeps connections between requests.
KINDS = {"sync": ["--worker-class=sync"], "gthread": ["--worker-class=gthread", "--threads=8"]}


class DjangoPeer:
    def __init__(self, kind: str, url: str, log: Path):
        self.port = free_port()
        self.log = log
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        environment |= {"DATABASE_URL": url, "NEXIFY_SECRET_KEY": SECRET, "PYTHONDONTWRITEBYTECODE": "1"}
        gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS)]
        # The heartbeat file lies in memory: gunicorn's own advice.
        gunicorn += ["--worker-tmp-dir", "/dev/shm", "--log-level", "warning", "--backlog", "2048", *KINDS[kind], "peer.wsgi"]
        with open(log, "ab") as file:
            self.process = subprocess.Popen(gunicorn, env=environment, cwd=PROJECT, stdout=file, stderr=file)

    def wait_until_ready(self) -> "DjangoPeer":
        bound = time.monotonic() + 60
        while time.monotonic() < bound and self.process.poll() is None:
            try:
                if call(self.port, "GET", "/api/tickets/1/")[0] == 401:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise ServerEnded(f"gunicorn did not come up:\n{self.log.read_text()[-2000:]}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
