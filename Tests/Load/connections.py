"""Ten thousand idle connections and five hundred that send a byte a second: others must be answered, memory must stay bounded, and
the slow ones must be shut out."""

import asyncio
import sys
import time

import rows
from throwaway import open_files, throwaway
from triage_server import TriageServer, sign_in

IDLE, SLOW = 10_000, 500
# Beyond what the server had before: with all of them open, 48 KiB each; and when they have gone, and memory was given back.
GROWTH_MIB_MAX, GROWTH_AFTERWARDS_MIB_MAX = 480, 100
GIVEN_BACK_SECONDS_MAX = 120
HELD_SECONDS = 30
# A request's head must be there by then, however steadily it trickles.
SLOW_SECONDS_MAX = 60


def main() -> None:
    # Both ends are on this machine, but in processes of their own.
    open_files(IDLE + SLOW + 500)
    with throwaway(NEXIFY_CONNECTIONS_MAX=str(IDLE + SLOW + 500)) as place:
        server = place.serve("serve")
        token = sign_in(server.port, "agent-1", rows.PASSWORD)
        asyncio.run(hold(server, token))


async def hold(server: TriageServer, token: str) -> None:
    for _ in range(20):
        await get(server.port, "/api/tickets/1/", token)  # the first answers take memory that has nothing to do with connections
    before = server.memory()["anonymous_mib"]
    print(f"connections: opening {IDLE:,}, each of which makes a request and stays", flush=True)
    idle = await connections(server.port, IDLE)
    for _, writer in idle:
        writer.write(f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    for reader, _ in idle:
        await asyncio.wait_for(answer(reader), 30)
    slow = [asyncio.create_task(trickle(server.port)) for _ in range(SLOW)]
    end, times = time.monotonic() + HELD_SECONDS, []
    while time.monotonic() < end:
        started = time.monotonic()
        status = await asyncio.wait_for(get(server.port, f"/api/tickets/{1 + len(times)}/", token), 30)
        if status != 200:
            sys.exit(f"connections: with {IDLE:,} idle connections a request was answered {status}")
        times.append(time.monotonic() - started)
        await asyncio.sleep(0.05)
    closed = sum(reader.at_eof() for reader, _ in idle)
    after = server.memory()["anonymous_mib"]
    ordered = sorted(times)
    print(
        f"connections: {len(times)} requests answered meanwhile, median {ordered[len(ordered) // 2] * 1000:.1f} ms, slowest "
        f"{ordered[-1] * 1000:.1f} ms; the server's own memory {before:.0f} → {after:.0f} MiB", flush=True)
    faults = []
    if closed:
        faults.append(f"the server closed {closed} of {IDLE:,} idle connections within {HELD_SECONDS} s")
    if after - before > GROWTH_MIB_MAX:
        faults.append(f"memory grew by {after - before:.0f} MiB; {GROWTH_MIB_MAX} are allowed")
    _, open_yet = await asyncio.wait(slow, timeout=SLOW_SECONDS_MAX - HELD_SECONDS)
    for task in open_yet:
        task.cancel()
    for _, writer in idle:
        writer.close()
    end = time.monotonic() + GIVEN_BACK_SECONDS_MAX
    while (kept := server.memory()["anonymous_mib"]) - before > GROWTH_AFTERWARDS_MIB_MAX and time.monotonic() < end:
        await asyncio.sleep(1)
    print(f"connections: when they had gone, the server's own memory was {kept:.0f} MiB", flush=True)
    if kept - before > GROWTH_AFTERWARDS_MIB_MAX:
        faults.append(f"{kept - before:.0f} MiB were not given back; {GROWTH_AFTERWARDS_MIB_MAX} are allowed")
    if open_yet:
        faults.append(f"{len(open_yet)} of {SLOW} connections that send a byte a second are open after {SLOW_SECONDS_MAX} s")
    else:
        print(f"connections: all {SLOW} slow ones were shut out", flush=True)
    if faults:
        sys.exit(f"connections: {'; '.join(faults)}")


async def connections(port: int, count: int) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Two hundred at a time: the listen queue is not what is tried."""
    opened = []
    for _ in range(0, count, 200):
        opened += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port, limit=4096) for _ in range(200)))
    return opened


async def answer(reader: asyncio.StreamReader) -> int:
    """The status; the body is read so that the connection is idle again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(" ")[1])


async def get(port: int, path: str, token: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        return await answer(reader)
    finally:
        writer.close()


async def trickle(port: int) -> None:
    """A request's head of which a byte comes each second and that never ends; returns when the server has closed the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        while not reader.at_eof():
            writer.write(b"x")
            try:
                await asyncio.wait_for(reader.read(4096), 1)
            except TimeoutError:
                pass
    except OSError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    main()
