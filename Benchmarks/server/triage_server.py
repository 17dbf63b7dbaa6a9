"""A triage-server process: started, asked, weighed and ended."""

import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import time
from pathlib import Path

from cluster import ROOT, free_port

PROGRAM = Path(os.environ.get("NEXIFY_SERVER", ROOT / ".build/release/triage-server"))
# Both sides sign with HMAC-SHA-256 and this key; all servers of a run share it.
SECRET = secrets.token_hex(32)
# What is set in the caller's shell must not change what is measured.
KEPT = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "NEXIFY_POSTGRES_DIR", "NEXIFY_MODEL_DIR"}


class ServerEnded(Exception):
    """The process ended before it was ready; the text is the end of its log."""


class TriageServer:
    def __init__(self, command: str, directory: Path, url: str | None, port: int | None = None, **settings: str):
        self.port = port or free_port()
        self.command = command
        directory.mkdir(mode=0o711, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name in KEPT}
        environment |= {"NEXIFY_PORT": str(self.port), "NEXIFY_DATA_DIR": str(directory), "NEXIFY_SECRET_KEY": SECRET}
        environment |= ({"DATABASE_URL": url} if url else {}) | settings
        self.log = directory / f"{command}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(PROGRAM), command], env=environment, cwd=ROOT, stdout=log, stderr=log)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self, seconds_max: float = 120) -> "TriageServer":
        bound = time.monotonic() + seconds_max
        while time.monotonic() < bound:
            if self.process.poll() is not None:
                raise ServerEnded(f"triage-server {self.command} ended:\n{self.log.read_text()[-2000:]}")
            try:
                if call(self.port, "GET", "/readyz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise ServerEnded(f"triage-server {self.command} was not ready in {seconds_max} s:\n{self.log.read_text()[-2000:]}")

    def memory(self) -> dict:
        """MiB: what is the process's own, and what of which mapped files is resident beside it."""
        return memory(self.process.pid)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def migrate(directory: Path, url: str) -> None:
    server = TriageServer("migrate", directory, url)
    if server.process.wait() != 0:
        raise ServerEnded(f"triage-server migrate failed:\n{server.log.read_text()[-2000:]}")


def call(port: int, method: str, path: str, body: object = None, token: str | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        sent = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def sign_in(port: int, username: str, password: str) -> str:
    status, body = call(port, "POST", "/api/auth/token/", {"username": username, "password": password})
    if status != 200:
        raise SystemExit(f"sign-in as {username} answered {status}: {body[:300]!r}")
    return json.loads(body)["access"]


def memory(pid: int) -> dict:
    status = Path(f"/proc/{pid}/status").read_text()
    own = {name: int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024 for name in ("VmRSS", "RssAnon", "RssFile", "RssShmem")}
    files: dict[str, float] = {}
    name = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        fields = line.split()
        if re.match(r"[0-9a-f]+-[0-9a-f]+$", fields[0]):
            name = Path(fields[5]).name if len(fields) > 5 and fields[5].startswith("/") else None
        elif fields[0] == "Rss:" and name:
            files[name] = files.get(name, 0) + int(fields[1]) / 1024
    largest = sorted(files.items(), key=lambda item: -item[1])[:6]
    return {
        "rss_mib": round(own["VmRSS"], 1), "anonymous_mib": round(own["RssAnon"], 1), "shared_mib": round(own["RssShmem"], 1),
        "file_mib": round(own["RssFile"], 1), "files_mib": {name: round(size, 1) for name, size in largest if size >= 0.1}}
