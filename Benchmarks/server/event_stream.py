"""A client of the server's event stream (Server-Sent Events over HTTP/1.1), cheap enough that one process holds a thousand."""

import asyncio
import json
import time
from array import array
from datetime import datetime


class StreamRefused(Exception):
    """The server did not answer with an event stream; the text is the head of what it said."""


class Ledger:
    """Every event that any stream has seen, once: streams note its number only, so that a million deliveries fit in memory."""

    def __init__(self):
        self.events: list[dict] = []
        self.created: list[float] = []
        self._numbers: dict[bytes, int] = {}

    def number(self, data: bytes) -> int:
        """The same for the same `data:`, which has the change's time in it."""
        known = self._numbers.get(data)
        if known is not None:
            return known
        event = json.loads(data)
        self._numbers[data] = len(self.events)
        self.events.append(event)
        self.created.append(datetime.fromisoformat(event["created_at"]).timestamp())
        return len(self.events) - 1


class EventStream(asyncio.Protocol):
    """One connection after another to the stream of an organisation; what was seen stays when it is resumed.

    Attributes:
        seen: the events' numbers in the ledger, in the order of their arrival.
        delays: seconds from the change's time by the database's clock to its arrival here, which is the same machine's clock.
        last_id: of the event that came last, for `Last-Event-ID`.
        resets: how often the server said that it cannot go on where the stream was.
    """

    def __init__(self, ledger: Ledger, path: str, token: str):
        self.ledger, self.path, self.token = ledger, path, token
        self.seen, self.delays = array("l"), array("d")
        self.last_id: bytes | None = None
        self.resets = 0
        self.transport: asyncio.Transport | None = None
        self.ended = asyncio.Event()

    async def connect(self, port: int) -> None:
        """Returns when the server has answered with the head of a stream."""
        loop = asyncio.get_running_loop()
        self.begin(loop.create_future())
        await loop.create_connection(lambda: self, "127.0.0.1", port)
        resume = f"Last-Event-ID: {self.last_id.decode()}\r\n" if self.last_id else ""
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Accept: text/event-stream\r\n{resume}\r\n".encode())
        await asyncio.wait_for(self.opened, 60)

    def begin(self, opened: asyncio.Future) -> None:
        """Forgets what of the connection before was not yet a whole event. `opened` is done with the answer's head."""
        self.opened, self.ended = opened, asyncio.Event()
        self._raw, self._text = bytearray(), bytearray()
        self._is_open = self._is_chunked = False

    def drop(self) -> None:
        """As a network does that fails: without a word."""
        if self.transport:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(StreamRefused(f"the connection was closed before an answer ({error})"))
        self.ended.set()

    def data_received(self, data: bytes) -> None:
        self._raw += data
        if not self._is_open and not self._head():
            return
        if self._is_chunked:
            self._unchunk()
        else:
            self._text += self._raw
            self._raw.clear()
        self._events(time.time())

    def _head(self) -> bool:
        end = self._raw.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._raw[:end]).lower()
        if not head.startswith(b"http/1.1 200") or b"content-type: text/event-stream" not in head:
            if not self.opened.done():
                self.opened.set_exception(StreamRefused(bytes(self._raw[:500]).decode(errors="replace")))
            self.transport.abort()
            return False
        self._is_chunked = b"transfer-encoding: chunked" in head
        del self._raw[: end + 4]
        self._is_open = True
        self.opened.set_result(None)
        return True

    def _unchunk(self) -> None:
        at, raw = 0, self._raw
        while (line_end := raw.find(b"\r\n", at)) >= 0:
            size = int(raw[at:line_end].split(b";")[0], 16)
            start = line_end + 2
            if size == 0 or len(raw) < start + size + 2:
                break
            self._text += raw[start : start + size]
            at = start + size + 2
        del raw[:at]

    def _events(self, now: float) -> None:
        text, at = self._text, 0
        while (end := text.find(b"\n\n", at)) >= 0:
            data, is_reset = None, False
            for line in bytes(text[at:end]).split(b"\n"):
                if line.startswith(b"data:"):
                    data = line[5:].lstrip(b" ")
                elif line.startswith(b"id:"):
                    self.last_id = line[3:].strip()
                elif line == b"event: reset":
                    is_reset = True
            self.resets += is_reset
            if data is not None and not is_reset:
                number = self.ledger.number(data)
                self.seen.append(number)
                self.delays.append(now - self.ledger.created[number])
            at = end + 2
        del text[:at]
