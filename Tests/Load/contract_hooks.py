"""What schemathesis needs to know of Nexify: how to sign in, which ids exist, and how many requests it made.

Loaded by schemathesis (SCHEMATHESIS_HOOKS). NEXIFY_LOAD_PORT is the server's port, NEXIFY_LOAD_COUNT the file for the number.
"""

import atexit
import http.client
import itertools
import json
import os
import threading
from pathlib import Path

import schemathesis

# Wrong passwords from one address soon stop further sign-ins from there, and the test sends plenty. We are at home on all of 127/8.
SIGN_IN_ADDRESS = "127.0.0.2"
# An access token lives 600 s.
TOKEN_SECONDS = 300
# Ids up to these exist in the demo organisation.
EXISTING = {"organization": 1, "ticket": 60, "document": 12, "suggestion": 20, "run": 20, "job_run": 20}
# Of the ids drawn, one in so many stays what it is: mostly one that does not exist.
KEPT_ONE_IN = 5

requests_made = itertools.count()
lock = threading.Lock()


@schemathesis.auth(refresh_interval=TOKEN_SECONDS)
class Administrator:
    def get(self, case, context):
        connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["NEXIFY_LOAD_PORT"]), 30, source_address=(SIGN_IN_ADDRESS, 0))
        body = json.dumps({"username": "admin", "password": "nexify-demo"})
        connection.request("POST", "/api/auth/token/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"signing in answered {answer.status}: {found}")
        return found["access"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context, value):
    """Without this nearly every request would name an organisation that does not exist, and test nothing but that answer."""
    for name, drawn in (value or {}).items():
        last = EXISTING.get(name)
        if last is not None and isinstance(drawn, int) and not isinstance(drawn, bool) and drawn % KEPT_ONE_IN:
            value[name] = 1 + drawn % last
    return value


@schemathesis.hook
def map_body(context, value):
    """The same for the organisation that a body names."""
    if isinstance(value, dict) and isinstance(value.get("organization_id"), int) and value["organization_id"] % KEPT_ONE_IN:
        value["organization_id"] = 1
    return value


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        next(requests_made)


@atexit.register
def write_count() -> None:
    Path(os.environ["NEXIFY_LOAD_COUNT"]).write_text(f"{next(requests_made)}\n")
