"""Runs wrk and reads what its script wrote."""

import json
import os
import shutil
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).with_name("wrk")


def version() -> str:
    # `wrk -v` says its version and ends with status 1.
    return subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout.split("\n")[0].split(" [")[0].strip()


def require() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed; as root: apt-get install --no-install-recommends wrk")


def run(port: int, script: str, connections: int, seconds: float, **variables: object) -> dict:
    """One thread of wrk: on few cores more of them only take the server's time. Errors of any kind are an error here."""
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    done = subprocess.run(
        ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds:g}s", "--timeout=20s",
         f"--script={SCRIPTS / script}.lua", f"http://127.0.0.1:{port}"],
        env=environment, capture_output=True, text=True)
    found = [line for line in done.stdout.splitlines() if line.startswith("NEXIFY ")]
    if done.returncode != 0 or not found:
        raise SystemExit(f"wrk failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    result = json.loads(found[0].removeprefix("NEXIFY "))
    failed = {kind: count for kind, count in result["errors"].items() if count}
    if failed:
        raise SystemExit(f"{script}: of {result['requests']} requests some failed: {failed}. No figures are made of those.")
    return result
