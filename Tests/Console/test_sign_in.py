"""Signing in and out, and the session inspector."""

import json

import pytest

from nexify_api import Refused


def test_a_wrong_password_is_told_and_can_be_corrected(console):
    console.expected_statuses = {401}
    console.fill_sign_in("agent", "not-the-password")
    console.says(".form-error", "Username or password is not right")
    console.screenshot("sign-in-refused")
    assert console.see("[name=password]").get_attribute("value") == ""
    assert console.stored_session() is None
    console.type("[name=password]", console.password)
    console.click("#sign-in")
    console.see("table.tickets")


def test_empty_fields_are_named_at_the_fields(console):
    console.click("#sign-in")
    assert console.texts(".field-error") == ["This field is required.", "This field is required."]
    assert console.focused().get_attribute("name") == "username"
    assert console.see("[name=username]").get_attribute("aria-invalid") == "true"


def test_the_session_inspector_shows_the_raw_answer_of_me(agent, api):
    agent.go("#/session")
    shown = json.loads(agent.text("#me-json"))
    assert shown == api.me()
    assert shown["username"] == "agent"
    agent.until(lambda: "min" in agent.text("#token-remaining"), "the time left is shown")
    agent.screenshot("session")


def test_the_page_that_was_asked_for_comes_after_signing_in(console):
    console.open("#/session")
    console.fill_sign_in("agent", console.password)
    console.see("#me-json")
    assert console.hash() == "#/session"


def test_signing_out_revokes_the_refresh_token(agent, api):
    refresh = agent.stored_session()["refresh"]
    agent.click("#sign-out")
    agent.says(".note", "You are signed out")
    assert agent.stored_session() is None
    assert not agent.has("nav.places a")

    def is_revoked():
        try:
            api.send("POST", "/auth/token/refresh/", {"refresh": refresh}, signed_in=False)
        except Refused as refused:
            return refused.status == 401
        pytest.fail("the refresh token of a session that was signed out still works")

    agent.until(lambda: agent.requests("/auth/logout/") == 1, "the server was told")
    assert is_revoked()
    agent.open()
    agent.see("#sign-in")
