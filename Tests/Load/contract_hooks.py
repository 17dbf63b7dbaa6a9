"""What schemathesis needs to know of Nexify: how to sign in, which ids exist, and how many requests it made.

Loaded by schemathesis (SCHEMATHESIS_HOOKS), with what Tests/Load/contract.py found out in LOAD_TEST: {"port": …, "count": the file for the
number, "existing": {parameter: ids}, "suggestions": [[ticket, suggestion]…]}.
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
# Of the values drawn, one in so many stays what it is: an id that does not exist, a password that is wrong.
KEPT_ONE_IN = 5
PASSWORD = "nexify-demo"

known = json.loads(os.environ["LOAD_TEST"])
tokens: dict[str, str] = {}
requests_made = itertools.count()
lock = threading.Lock()


@schemathesis.auth(refresh_interval=TOKEN_SECONDS)
class Administrator:
    def get(self, case, context):
        connection = http.client.HTTPConnection("127.0.0.1", known["port"], timeout=30, source_address=(SIGN_IN_ADDRESS, 0))
        body = json.dumps({"username": "admin", "password": PASSWORD})
        connection.request("POST", "/api/auth/token/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"signing in answered {answer.status}: {found}")
        tokens.update(found)
        return found["access"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def is_id(drawn) -> bool:
    """Whether it is to be replaced by an id that exists. What the schema forbids stays: it is to be refused."""
    return isinstance(drawn, int) and not isinstance(drawn, bool) and 0 < drawn < 2**63 and drawn % KEPT_ONE_IN != 0


@schemathesis.hook
def map_path_parameters(context, value):
    """Without this nearly every request would name an organisation that does not exist, and test nothing but that answer."""
    value = value or {}
    for name, drawn in value.items():
        ids = known["existing"].get(name)
        if ids and is_id(drawn):
            value[name] = ids[drawn % len(ids)]
    if is_id(value.get("suggestion")) and known["suggestions"]:
        ticket, suggestion = known["suggestions"][value["suggestion"] % len(known["suggestions"])]
        value["suggestion"] = suggestion
        if "ticket" in value:
            value["ticket"] = ticket
    return value


@schemathesis.hook
def map_case(context, case):
    """The same for what a body names: an organisation, a user, a token. What is meant to be refused stays as it is."""
    value = case.body
    if not isinstance(value, dict) or case.meta is None or case.meta.generation.mode.is_negative:
        return case
    if is_id(value.get("organization_id")):
        value["organization_id"] = known["existing"]["organization"][0]
    if isinstance(value.get("username"), str) and isinstance(value.get("password"), str) and len(value["password"]) % KEPT_ONE_IN:
        value["username"], value["password"] = "admin", PASSWORD
    for name, kind in (("refresh", "refresh"), ("token", "access")):
        if isinstance(value.get(name), str) and len(value[name]) % KEPT_ONE_IN and kind in tokens:
            value[name] = tokens[kind]
    return case


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        next(requests_made)


@atexit.register
def write_count() -> None:
    Path(known["count"]).write_text(f"{next(requests_made)}\n")
