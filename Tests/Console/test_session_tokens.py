"""Tokens that end, are damaged, or are shared by two tabs."""

import time


def test_a_refused_access_token_is_replaced_without_a_word(agent):
    session = agent.stored_session()
    agent.store_session({**session, "access": session["access"][:-8] + "AAAAAAAA"})
    agent.expected_statuses = {401}
    agent.go("#/session")
    agent.see("#me-json")
    renewed = agent.stored_session()
    assert renewed["access"] != session["access"]
    assert renewed["refresh"] != session["refresh"], "the refresh token is rotated"
    agent.go("#/tickets")
    agent.see("table.tickets")


def test_a_token_near_its_end_is_replaced_before_it_is_used(agent):
    session = agent.stored_session()
    an_hour_ms = 3_600_000
    agent.store_session({**session, "received_ms": session["received_ms"] - an_hour_ms})
    agent.go("#/session")
    agent.see("#me-json")
    assert agent.stored_session()["access"] != session["access"]
    # No status is expected here: the old token was never sent.


def test_requests_at_once_share_one_refresh(agent, api, unique):
    ticket = api.create_ticket(f"Many at once {unique}")
    before = agent.requests("/auth/token/refresh/")
    session = agent.stored_session()
    agent.store_session({**session, "access": "not.a.token"})
    agent.expected_statuses = {401}
    agent.open_ticket(ticket["id"])
    agent.see(".timeline [data-event=TICKET_CREATED]")
    assert agent.requests("/auth/token/refresh/") - before == 1
    agent.store_session({**agent.stored_session(), "access": "not.a.token"})
    agent.go("#/knowledge?q=refund")  # two requests at the same moment
    agent.see("#kb-results")
    agent.settled()
    assert agent.requests("/auth/token/refresh/") - before == 2
    assert agent.has(".documents")


def test_a_session_that_is_over_asks_to_sign_in_and_goes_on(agent, api, unique):
    ticket = api.create_ticket(f"Interrupted {unique}")
    session = agent.stored_session()
    agent.store_session({**session, "access": "gone", "refresh": "gone"})
    agent.expected_statuses = {401}
    agent.go(f"#/tickets/{ticket['id']}")
    agent.says(".note", "Your session has ended")
    assert agent.stored_session() is None
    agent.fill_sign_in("agent", agent.password)
    agent.says(".ticket-head h1", unique)


def test_a_second_tab_is_the_same_session(agent):
    first = agent.driver.current_window_handle
    agent.driver.switch_to.new_window("tab")
    try:
        agent.resize((1440, 900))
        agent.open("#/session")
        agent.see("#me-json")
        received = agent.stored_session()
        agent.click("#refresh-token")
        agent.until(lambda: agent.stored_session()["access"] != received["access"], "the second tab has new tokens")
        renewed = agent.stored_session()
        agent.driver.switch_to.window(first)
        agent.until(lambda: agent.stored_session() == renewed, "the first tab has them too")
        agent.click("#sign-out")
        agent.see("#sign-in")
        second = next(handle for handle in agent.driver.window_handles if handle != first)
        agent.driver.switch_to.window(second)
        agent.says(".note", "You signed out in another tab")
    finally:
        for handle in agent.driver.window_handles:
            if handle != first:
                agent.driver.switch_to.window(handle)
                agent.driver.close()
        agent.driver.switch_to.window(first)


def test_the_clock_of_the_token_runs(agent):
    agent.go("#/session")
    shown = agent.text("#token-remaining")
    began = time.monotonic()
    agent.until(lambda: agent.text("#token-remaining") != shown, "the time left becomes less")
    assert time.monotonic() - began < 3
