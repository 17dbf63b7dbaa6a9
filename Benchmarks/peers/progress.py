"""What is being done, and how long the rest will take: guesses beforehand, corrected by what has passed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    def __init__(self):
        self.began = time.monotonic()
        self.planned: dict[str, float] = {}
        self.guessed_done = 0.0
        self.took_done = 0.0

    def plan(self, step: str, seconds: float) -> None:
        self.planned[step] = seconds

    @contextmanager
    def step(self, step: str) -> Iterator[None]:
        guess = self.planned.pop(step, 0)
        left = guess + sum(self.planned.values())
        # A machine twice as slow as the guesses is twice as slow for the rest too.
        if self.guessed_done > 30:
            left *= self.took_done / self.guessed_done
        passed = time.monotonic() - self.began
        print(f"[{passed / 60:5.1f} min, about {left / 60:4.1f} left] {step}", flush=True)
        began = time.monotonic()
        yield
        self.guessed_done += guess
        self.took_done += time.monotonic() - began if guess else 0
