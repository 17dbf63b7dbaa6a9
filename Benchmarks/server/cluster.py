"""A throwaway PostgreSQL of our own, so that both sides are measured on one server whose settings are known."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(os.environ.get("NEXIFY_POSTGRES_DIR", ROOT / ".nexify/parts/postgresql")) / "bin"
# Both sides get the same. What is not named here is PostgreSQL's default; commits are durable (fsync is on).
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "listen_addresses": "",
    "shared_preload_libraries": "pg_stat_statements",
    "jit": "off",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _as_owner() -> list[str]:
    """PostgreSQL refuses to run as root, so root starts it as an account that owns nothing else."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]


class Cluster:
    """Lies in `directory`, listens on a socket there only, and goes with `end()`."""

    def __init__(self, directory: Path):
        self.home = directory
        self.home.mkdir(mode=0o711)
        if os.geteuid() == 0:
            shutil.chown(self.home, "nobody")
        self.url = f"postgresql://nexify@/nexify?host={self.home}"
        self._run("initdb", "--pgdata=cluster", "--username=nexify", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        settings = "\n".join(f"{name} = '{value}'" for name, value in SETTINGS.items())
        with open(self.home / "cluster/postgresql.auto.conf", "a") as file:
            file.write(f"{settings}\nunix_socket_directories = '{self.home}'\n")
        self.start()
        self._run("createdb", f"--host={self.home}", "--username=nexify", "nexify")
        self.sql("CREATE EXTENSION pg_stat_statements")

    def start(self) -> None:
        self._run("pg_ctl", "--pgdata=cluster", "--log=log", "--wait", "start")

    def end(self) -> None:
        self._run("pg_ctl", "--pgdata=cluster", "--mode=immediate", "--wait", "stop")

    def sql(self, statements: str, **variables: object) -> str:
        """Runs a script; `:name` and `:'name'` in it stand for the variables. Rows come back one a line, fields by tabs."""
        return run_sql(self.url, statements, **variables)

    def _run(self, program: str, *arguments: str) -> None:
        # To files and not to pipes: a server that pg_ctl starts would keep a pipe open for ever.
        with open(self.home / f"{program}.out", "w+") as output:
            done = subprocess.run(
                [*_as_owner(), str(PROGRAMS / program), *arguments], cwd=self.home, stdout=output, stderr=output, env={"LC_ALL": "C"})
            if done.returncode != 0:
                output.seek(0)
                raise SystemExit(f"{program} failed:\n{output.read()[-2000:]}")


def run_sql(url: str, statements: str, **variables: object) -> str:
    chosen = [f"--set={name}={value}" for name, value in variables.items()]
    done = subprocess.run(
        [str(PROGRAMS / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--no-align", "--tuples-only",
         "--field-separator=\t", *chosen, url],
        input=statements, text=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"psql failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip()
