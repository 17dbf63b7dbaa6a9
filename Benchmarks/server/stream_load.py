"""Many event streams at once while tickets are changed: is every change delivered once and in order, and how soon?

Two scenes. `hold`: all streams on one server for a while. `resume`: streams that are dropped midway, go on at another server,
and outlive a restart of theirs.
"""

import asyncio
import time
from collections.abc import Callable

import rows
from event_stream import EventStream, Ledger, StreamRefused
from triage_server import TriageServer, call

CHANGES_PER_SECOND = 20
# After the last change: what has not come by then counts as lost.
GRACE_SECONDS = 20


class EventsLost(Exception):
    """Some stream missed an event, saw one twice, or saw two in another order than the others."""


class Changes:
    """PATCHes one ticket after another at a steady pace; each ticket once, so that its change is known by its id."""

    def __init__(self, port: Callable[[], int], token: str, first: int):
        self.port, self.token, self.next = port, token, first
        self.made: list[int] = []

    async def make(self, count: int) -> None:
        started = time.monotonic()
        for number in range(count):
            await asyncio.sleep(started + number / CHANGES_PER_SECOND - time.monotonic())
            ticket, self.next = self.next, self.next + 1
            body = {"priority": rows.other_priority(ticket)}
            status, answer = await asyncio.to_thread(call, self.port(), "PATCH", f"/api/tickets/{ticket}/", body, self.token)
            if status != 200:
                raise SystemExit(f"PATCH of ticket {ticket} answered {status}: {answer[:300]!r}")
            self.made.append(ticket)


def ticket_of(event: dict) -> int | None:
    """The ticket that a `ticket` event is about."""
    return event.get("ticket", event.get("ticket_id", event.get("id")))


async def opened(streams: list[EventStream], ports: list[int]) -> None:
    """A hundred at a time: what is tried is holding streams, not the listen queue."""
    for start in range(0, len(streams), 100):
        batch = zip(streams[start : start + 100], ports[start : start + 100])
        await asyncio.gather(*(stream.connect(port) for stream, port in batch))


async def settled(streams: list[EventStream], ledger: Ledger, made: list[int]) -> None:
    """Waits until every stream has all that any of them has, and somebody has every change; or until the time is up."""
    bound = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < bound:
        seen = {ticket_of(event) for event in ledger.events}
        if seen.issuperset(made) and all(len(stream.seen) >= len(ledger.events) for stream in streams):
            return
        await asyncio.sleep(0.2)


def verify(streams: list[EventStream], ledger: Ledger, made: list[int]) -> None:
    """Throws `EventsLost` with what is wrong with how many streams."""
    unseen = set(made) - {ticket_of(event) for event in ledger.events}
    if unseen:
        raise EventsLost(f"{len(unseen)} of {len(made)} changes reached no stream, the first for ticket {min(unseen)}")
    everything, faults = set(range(len(ledger.events))), dict.fromkeys(("missed", "repeated", "out of order", "reset"), 0)
    order = list(streams[0].seen)
    for stream in streams:
        seen = list(stream.seen)
        faults["missed"] += len(everything - set(seen))
        faults["repeated"] += len(seen) - len(set(seen))
        faults["reset"] += stream.resets
        faults["out of order"] += seen != order and sorted(seen) == sorted(order)
    if any(faults.values()):
        found = ", ".join(f"{count} {fault}" for fault, count in faults.items() if count)
        raise EventsLost(f"{len(streams)} streams of {len(everything)} events: {found}")


def quantiles(delays: list[float]) -> dict:
    ordered = sorted(delays)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)
    return {"p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "max_ms": round(ordered[-1] * 1000, 1)}


async def hold(server: TriageServer, path: str, token: str, first: int, count: int, seconds: int) -> dict:
    ledger = Ledger()
    streams = [EventStream(ledger, path, token) for _ in range(count)]
    before = server.memory()["anonymous_mib"]
    await opened(streams, [server.port] * count)
    changes = Changes(lambda: server.port, token, first)
    await changes.make(seconds * CHANGES_PER_SECOND)
    await settled(streams, ledger, changes.made)
    after = server.memory()["anonymous_mib"]
    closed = sum(stream.ended.is_set() for stream in streams)
    if closed:
        raise EventsLost(f"the server closed {closed} of {count} streams")
    for stream in streams:
        stream.drop()
    verify(streams, ledger, changes.made)
    delays = [delay for stream in streams for delay in stream.delays]
    return {
        "streams": count, "seconds": seconds, "changes": len(changes.made), "events": len(ledger.events),
        "deliveries": len(delays), "lost": 0, **quantiles(delays),
        "anonymous_before_mib": before, "anonymous_after_mib": after}


async def resume(
    server: TriageServer, restart: Callable[[], TriageServer], other: TriageServer, path: str, token: str, first: int, count: int
) -> dict:
    """A third of the changes each: undisturbed; while all streams are dropped and half of them go on at the other server; while
    the first server is ended and started again."""
    ledger, part = Ledger(), 5 * CHANGES_PER_SECOND
    streams = [EventStream(ledger, path, token) for _ in range(count)]
    home = {stream: server if number % 2 else other for number, stream in enumerate(streams)}
    await opened(streams, [server.port] * count)
    changes = Changes(lambda: other.port, token, first)
    # A stream knows where to resume only after its first event.
    await changes.make(1)
    await settled(streams, ledger, changes.made)
    await changes.make(part)

    making = asyncio.create_task(changes.make(part))
    await asyncio.sleep(1)
    for stream in streams:
        stream.drop()
    await asyncio.sleep(1)
    for stream in streams:
        await reconnected(stream, lambda: home[stream].port)
    await making

    making = asyncio.create_task(changes.make(part))
    await asyncio.sleep(1)
    await asyncio.to_thread(server.end)
    cut = [stream for stream in streams if home[stream] is server]
    await asyncio.gather(*(asyncio.wait_for(stream.ended.wait(), 30) for stream in cut))
    restarted = await asyncio.to_thread(restart)
    for stream in cut:
        await reconnected(stream, lambda: restarted.port)
    await making
    await settled(streams, ledger, changes.made)
    for stream in streams:
        stream.drop()
    verify(streams, ledger, changes.made)
    return {
        "streams": count, "changes": len(changes.made), "events": len(ledger.events), "lost": 0,
        "resumed_at_another_server": count - len(cut), "resumed_after_restart": len(cut)}


async def reconnected(stream: EventStream, port: Callable[[], int]) -> None:
    for attempt in range(50):
        try:
            return await stream.connect(port())
        except (OSError, StreamRefused):
            if attempt == 49:
                raise
            await asyncio.sleep(0.2)
