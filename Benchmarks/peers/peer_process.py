"""The driver's end of worker.py: starts a peer's process, asks it, and says what went wrong with it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pareto import Point, around

WORKER = Path(__file__).with_name("worker.py")
THREAD_VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"]
# A sweep ends when it is past the report's highest recall, or when wider searches no longer help.
RECALL_ENOUGH = 0.993
GAIN_MIN, GAINLESS_MAX = 0.0005, 3


class PeerFailed(Exception):
    pass


def environment(threads: int) -> dict[str, str]:
    return os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"OMP_WAIT_POLICY": "passive"}


def command(verb: str, system: str, data: Path, index: Path) -> list[str]:
    return [sys.executable, str(WORKER), verb, system, "--data", str(data), "--index", str(index)]


def ask_once(verb: str, system: str, data: Path, index: Path, threads: int) -> dict:
    """A process that gives one answer and ends: `build`, `open` or `view`."""
    result = subprocess.run(
        [*command(verb, system, data, index), "--threads", str(threads)],
        env=environment(threads),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise PeerFailed(reason(verb, result.returncode, result.stderr))
    return json.loads(result.stdout)


def reason(verb: str, status: int, errors: str) -> str:
    lines = errors.strip().splitlines()
    return f"{verb} ended with {status}: {lines[-1] if lines else 'it said nothing'}"


class Worker:
    """A process that answers each line with a line until it is closed."""

    def __init__(self, arguments: list[str]):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            arguments,
            env=environment(1),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.opened = self._answer()

    def ask(self, question: dict) -> dict:
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # _answer says why.
        return self._answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            raise PeerFailed(reason("serve", status, self.errors.read()))
        return json.loads(line)


class PeerProcess(Worker):
    """An opened index that answers sweeps."""

    def __init__(self, system: str, data: Path, index: Path):
        super().__init__(command("serve", system, data, index))
        self.peak_bytes = self.opened["peakBytes"]

    def search(self, width: int) -> dict:
        answer = self.ask({"width": width})
        self.peak_bytes = max(self.peak_bytes, answer["peakBytes"])
        return answer

    def calibrate(self, widths: tuple[int, ...], recalls: list[float]) -> list[int]:
        """The widths that matter to the report: those around its recalls, and the ends of the sweep."""
        points: list[Point] = []
        gainless = 0
        for width in widths:
            answer = self.search(width)
            points.append(Point(answer["recall"], answer["qps"]))
            if len(points) > 1:
                gainless = gainless + 1 if points[-1].recall - points[-2].recall < GAIN_MIN else 0
            if points[-1].recall >= RECALL_ENOUGH or gainless >= GAINLESS_MAX:
                break
        return [widths[index] for index in sorted(around(points, recalls))]
