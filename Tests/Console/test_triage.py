"""The main job by clicking: run triage, read the suggestion, decide."""

import pytest

from console_page import TRIAGE_PATIENCE_S

QUESTION = ("Charged twice this month {unique}",
            "Hello,\n\nmy card was charged twice for the same invoice on the 3rd. Please refund one of the "
            "two payments and tell me how long it takes.\n\nThank you\nMarta")


@pytest.fixture
def ticket(api, unique):
    subject, body = QUESTION
    return api.create_ticket(subject.format(unique=unique), body)


def run_triage(console):
    console.click("#run-triage")
    return console.see(".suggestion[data-decision=pending]", TRIAGE_PATIENCE_S).get_attribute("data-suggestion")


def test_triage_then_approval_changes_the_ticket_and_leaves_its_trace(agent, api, ticket):
    agent.open_ticket(ticket["id"])
    run_triage(agent)
    agent.settled()
    [suggestion] = api.suggestions(ticket["id"])
    assert suggestion["status"] == "pending"
    agent.says(".proposals", suggestion["suggested_team"])
    agent.see(f".proposals .chip[data-priority={suggestion['suggested_priority']}]")
    assert agent.has(".reasons li") and agent.has(".draft")
    assert len(agent.all(".citation")) == len(suggestion["citations"]) > 0
    agent.screenshot("suggestion-pending")

    citation = suggestion["citations"][0]
    text = next(chunk["text"] for chunk in api.chunks(citation["document_id"]) if chunk["id"] == citation["chunk_id"])
    agent.click(".citation summary")
    agent.see(".citation[open] blockquote")
    shown = agent.driver.execute_script("return document.querySelector('.citation[open] blockquote').textContent")
    assert shown == text

    agent.click("#approve-suggestion")
    agent.see(".suggestion[data-decision=accepted]")
    agent.see(".timeline [data-event=SUGGESTION_APPROVED]")
    agent.settled()
    changed = api.ticket(ticket["id"])
    assert changed["assigned_team"] == suggestion["suggested_team"]
    assert changed["priority"] == suggestion["suggested_priority"]
    agent.says(".properties .chip.team", suggestion["suggested_team"])
    agent.see(f".properties .chip[data-priority={suggestion['suggested_priority']}]")
    assert not agent.has("#approve-suggestion")
    agent.screenshot("suggestion-approved")

    types = [event["event_type"] for event in api.events(ticket["id"])]
    expected = ("TICKET_CREATED", "TRIAGE_ENQUEUED", "SUGGESTION_CREATED", "SUGGESTION_APPROVED")
    order = [types.index(name) for name in expected]
    assert order == sorted(order)
    shown = [item.get_attribute("data-event") for item in agent.all(".timeline > li")]
    assert shown == types[::-1]


def test_an_edit_is_approved_in_place_of_the_proposal(agent, api, ticket, unique):
    suggestion = api.triage(ticket["id"], unique)
    other = next(team for team in api.teams() if team != suggestion["suggested_team"])
    agent.open_ticket(ticket["id"])
    agent.click("#edit-suggestion")
    agent.until(lambda: len(agent.all("[name=suggested_team] option")) > 2, "the teams are offered")
    agent.choose("[name=suggested_team]", other)
    agent.choose("[name=suggested_priority]", "urgent")
    agent.type("[name=draft_reply]", f"Hello Marta, it is on its way. {unique}")
    agent.screenshot("suggestion-edit")
    agent.click("#approve-edited")
    agent.see(".suggestion[data-decision=accepted]")
    changed = api.ticket(ticket["id"])
    assert (changed["assigned_team"], changed["priority"]) == (other, "urgent")
    assert unique in api.suggestions(ticket["id"])[0]["draft_reply"]
    agent.says(".draft", unique)
    agent.see(".timeline [data-event=SUGGESTION_EDITED]")


def test_a_rejection_keeps_its_reason_and_leaves_the_ticket(agent, api, ticket, unique):
    api.triage(ticket["id"], unique)
    agent.open_ticket(ticket["id"])
    agent.click("#reject-suggestion")
    agent.type("dialog [name=reason]", f"The customer means another invoice {unique}")
    agent.screenshot("suggestion-reject")
    agent.click("#confirm-reject")
    agent.see(".suggestion[data-decision=rejected]")
    agent.gone("dialog")
    agent.says(".timeline [data-event=SUGGESTION_REJECTED]", unique)
    after = api.ticket(ticket["id"])
    assert (after["assigned_team"], after["priority"]) == (ticket["assigned_team"], ticket["priority"])


def test_each_click_is_a_run_of_its_own(agent, api, ticket):
    agent.open_ticket(ticket["id"])
    first = run_triage(agent)
    agent.settled()
    agent.click("#run-triage")
    agent.until(lambda: agent.see(".suggestion[data-decision=pending]").get_attribute("data-suggestion") != first,
                "a second suggestion is shown", TRIAGE_PATIENCE_S)
    assert len({suggestion["job_run"] for suggestion in api.suggestions(ticket["id"])}) == 2
    agent.says(".earlier summary", "Earlier suggestions (1)")


def test_a_ticket_changed_meanwhile_is_shown_beside_the_proposal(agent, api, admin_api, ticket, unique):
    suggestion = api.triage(ticket["id"], unique)
    other = next(team for team in api.teams() if team != suggestion["suggested_team"])
    agent.open_ticket(ticket["id"])
    agent.see("#approve-suggestion")
    admin_api.change_ticket(ticket["id"], assigned_team=other)
    agent.expected_statuses = {409}
    agent.click("#approve-suggestion")
    agent.says(".decision-notice", "Somebody changed the ticket")
    assert other in agent.text(".conflict") and suggestion["suggested_team"] in agent.text(".conflict")
    assert api.ticket(ticket["id"])["assigned_team"] == other
    agent.screenshot("suggestion-conflict")
    agent.click("#approve-anyway")
    agent.see(".suggestion[data-decision=accepted]")
    assert api.ticket(ticket["id"])["assigned_team"] == suggestion["suggested_team"]


def test_the_slower_of_two_deciders_is_told(agent, admin_api, api, ticket, unique):
    suggestion = api.triage(ticket["id"], unique)
    agent.open_ticket(ticket["id"])
    agent.see("#approve-suggestion")
    admin_api.decide(suggestion, "reject")
    agent.expected_statuses = {409}
    agent.click("#approve-suggestion")
    agent.says(".decision-notice", "Somebody else was faster")
    agent.see(".suggestion[data-decision=rejected]")
    assert api.suggestions(ticket["id"])[0]["status"] == "rejected"
