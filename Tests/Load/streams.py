"""A thousand event streams for a minute, then a hundred that are dropped and resumed: no event may be lost or come twice."""

import asyncio

import rows
import stream_load
from throwaway import open_files, throwaway
from triage_server import sign_in

STREAMS, SECONDS, RESUMED = 1_000, 60, 100


def main() -> None:
    open_files(STREAMS + 200)
    with throwaway() as place:
        server, other = place.serve("serve"), place.serve("other")
        token = sign_in(server.port, "agent-1", rows.PASSWORD)
        path, first = f"/api/organizations/{rows.ORGANIZATION}/stream/", rows.FIRST_TICKET
        print(f"streams: {STREAMS:,} for {SECONDS} s", flush=True)
        held = asyncio.run(stream_load.hold(server, path, token, first, STREAMS, SECONDS))
        print(f"streams: {held['deliveries']:,} deliveries, none lost; {held}", flush=True)
        first += held["changes"]
        resumed = asyncio.run(
            stream_load.resume(server, lambda: place.serve("serve", server.port), other, path, token, first, RESUMED))
        print(f"streams: resumed, none lost; {resumed}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (stream_load.EventsLost, stream_load.StreamRefused) as fault:
        raise SystemExit(f"streams: {fault}")
