"""An agent's day without a mouse."""

from selenium.webdriver.common.keys import Keys

from console_page import TRIAGE_PATIENCE_S


def test_from_the_list_to_a_decision_by_keys_alone(agent, api, unique):
    tickets = [api.create_ticket(f"By keys {unique}", "My card was charged twice, please refund it.") for _ in range(3)]
    newest_first = [ticket["id"] for ticket in reversed(tickets)]
    agent.press("/")
    assert agent.focused().get_attribute("name") == "q"
    agent.press(unique, Keys.ENTER)
    agent.until(lambda: agent.text("h1 .count") == "3", "the three tickets are found")
    agent.settled()

    agent.driver.execute_script("document.activeElement.blur()")
    current = lambda: agent.focused().get_attribute("href").rsplit("/", 1)[1]
    agent.press("j")
    assert current() == str(newest_first[0])
    agent.press("j", "j")
    assert current() == str(newest_first[2])
    agent.press("j")
    assert current() == str(newest_first[2]), "the last row is the last"
    agent.press("k")
    assert current() == str(newest_first[1])
    agent.press(Keys.ENTER)
    agent.until(lambda: f"#{newest_first[1]}" in agent.text(".ticket-head .number"), "the ticket is open")
    agent.settled()
    assert agent.focused().tag_name == "h1"

    agent.press("t")
    agent.see(".suggestion[data-decision=pending]", TRIAGE_PATIENCE_S)
    agent.settled()
    agent.press("e")
    assert agent.focused().get_attribute("name") == "suggested_team"
    agent.press(Keys.ESCAPE)
    agent.gone(".suggestion-edit form")
    agent.press("a")
    agent.see(".suggestion[data-decision=accepted]")
    assert api.suggestions(newest_first[1])[0]["status"] == "accepted"

    agent.press("j")
    agent.until(lambda: f"#{newest_first[2]}" in agent.text(".ticket-head .number"), "the next ticket is open")
    agent.press("u")
    agent.until(lambda: agent.text("h1 .count") == "3", "back at the same list")
    agent.until(lambda: agent.focused().tag_name == "a" and current() == str(newest_first[2]),
                "the row that was open has the focus")


def test_r_asks_for_a_reason_and_escape_takes_it_back(agent, api, unique):
    ticket = api.create_ticket(f"Rejected by key {unique}", "My card was charged twice.")
    api.triage(ticket["id"], unique)
    agent.open_ticket(ticket["id"])
    agent.press("r")
    agent.see("dialog[open]")
    assert agent.focused().get_attribute("name") == "reason"
    agent.press(Keys.ESCAPE)
    agent.gone("dialog")
    assert api.suggestions(ticket["id"])[0]["status"] == "pending"
    agent.press("r")
    agent.press("no")
    agent.click("#confirm-reject")
    agent.see(".suggestion[data-decision=rejected]")


def test_the_help_lists_the_keys_and_can_switch_them_off(agent):
    agent.see("table.tickets")
    agent.press("?")
    agent.says("dialog", "Keyboard shortcuts")
    agent.screenshot("keyboard-help")
    agent.click("#shortcuts-on")
    agent.press(Keys.ESCAPE)
    agent.gone("dialog")
    agent.press("n")
    assert agent.hash().startswith("#/tickets") and not agent.hash().endswith("new")
    agent.click(".help")
    agent.click("#shortcuts-on")
    agent.press(Keys.ESCAPE)
    agent.gone("dialog")
    agent.press("n")
    agent.see("#create-ticket")


def test_keys_are_text_inside_a_field(agent):
    agent.go("#/tickets/new")
    agent.type("[name=subject]", "j k / ? a r t")
    assert agent.see("[name=subject]").get_attribute("value") == "j k / ? a r t"
    assert agent.hash() == "#/tickets/new" and not agent.has("dialog")
