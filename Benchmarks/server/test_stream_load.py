"""The stream's client must read what comes in any pieces, and the check must find each fault that it is there for."""

import json
import unittest
from concurrent.futures import Future

from event_stream import EventStream, Ledger, StreamRefused
from stream_load import EventsLost, verify

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def event(number: int) -> bytes:
    data = json.dumps({"id": number, "type": "ticket", "created_at": f"2026-01-01T00:00:0{number}.000001Z"})
    return f"id: {number}-x\nevent: ticket\ndata: {data}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class FakeTransport:
    def abort(self) -> None:
        pass


def stream(ledger: Ledger) -> EventStream:
    made = EventStream(ledger, "/", "")
    made.begin(Future())
    made.connection_made(FakeTransport())
    return made


class Reading(unittest.TestCase):
    def test_pieces_of_any_size(self):
        text = b": hello\n\n" + event(1) + b": still here\n\n" + event(2) + event(3)
        bodies = {
            "chunks that cut events": (b"Transfer-Encoding: chunked\r\n\r\n", b"".join(chunk(text[at : at + 7]) for at in range(0, len(text), 7))),
            "a chunk an event": (b"Transfer-Encoding: chunked\r\n\r\n", chunk(b": hello\n\n") + b"".join(chunk(event(n)) for n in (1, 2, 3))),
            "no chunks": (b"\r\n", text)}
        for name, (head, body) in bodies.items():
            for size in (1, 2, 3, 64, 4096):
                with self.subTest(name, size=size):
                    ledger = Ledger()
                    read = stream(ledger)
                    sent = HEAD + head + body
                    for at in range(0, len(sent), size):
                        read.data_received(sent[at : at + size])
                    self.assertEqual([one["id"] for one in ledger.events], [1, 2, 3])
                    self.assertEqual((list(read.seen), read.last_id), ([0, 1, 2], b"3-x"))

    def test_another_answer_is_refused(self):
        for head in (b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"):
            read = stream(Ledger())
            read.data_received(head)
            self.assertIsInstance(read.opened.exception(), StreamRefused)


class Checking(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.streams = [stream(self.ledger) for _ in range(3)]

    def deliver(self, *orders: list[int]) -> None:
        for read, numbers in zip(self.streams, orders):
            read.data_received(HEAD + b"\r\n" + b"".join(event(number) for number in numbers))

    def test_complete(self):
        self.deliver([1, 2, 3], [1, 2, 3], [1, 2, 3])
        verify(self.streams, self.ledger, [1, 2, 3])

    def test_a_reset_is_a_fault(self):
        self.deliver([1, 2, 3], [1, 2, 3], [1, 2, 3])
        self.streams[1].data_received(b"retry: 1000\nid: 3\nevent: reset\ndata: {}\n\n")
        with self.assertRaisesRegex(EventsLost, "1 reset"):
            verify(self.streams, self.ledger, [1, 2, 3])

    def test_faults(self):
        faults = {
            "missed": ([1, 2, 3], [1, 3], [1, 2, 3]), "repeated": ([1, 2, 3], [1, 2, 2, 3], [1, 2, 3]),
            "out of order": ([1, 2, 3], [1, 2, 3], [1, 3, 2]), "reached no stream": ([1, 2], [1, 2], [1, 2])}
        for name, orders in faults.items():
            with self.subTest(name):
                self.setUp()
                self.deliver(*orders)
                with self.assertRaisesRegex(EventsLost, name):
                    verify(self.streams, self.ledger, [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
