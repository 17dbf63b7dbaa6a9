"""The form for a new ticket, and changing one by hand."""


def test_a_new_ticket_is_created_and_shown(agent, api, unique):
    agent.click("#new-ticket")
    agent.type("[name=requester_email]", "marta@example.org")
    agent.type("[name=subject]", f"Printed label is unreadable {unique}")
    agent.type("[name=body]", "Since Monday every label comes out grey.\n\nWhat can I do?")
    agent.choose("[name=priority]", "high")
    agent.screenshot("new-ticket")
    agent.click("#create-ticket")
    agent.says(".ticket-head h1", unique)
    ticket = api.ticket(int(agent.hash().rsplit("/", 1)[1]))
    assert ticket["priority"] == "high"
    assert ticket["requester_email"] == "marta@example.org"
    assert agent.text(".message") == ticket["body"]
    agent.see(".timeline [data-event=TICKET_CREATED]")
    assert agent.has(".suggestion-region .empty")


def test_what_the_server_refuses_is_shown_at_the_fields(agent):
    agent.expected_statuses = {400}
    agent.go("#/tickets/new")
    agent.type("[name=requester_email]", "this is no address")
    agent.click("#create-ticket")
    agent.see(".field-error")
    wrong = {field.get_attribute("name") for field in agent.all("[aria-invalid=true]")}
    assert wrong == {"requester_email", "subject", "body"}
    assert agent.focused().get_attribute("name") == "requester_email"
    assert agent.hash() == "#/tickets/new"


def test_a_ticket_is_changed_by_hand(agent, api, unique):
    ticket = api.create_ticket(f"By hand {unique}")
    team = api.teams()[-1]
    agent.open_ticket(ticket["id"])
    agent.click("#change-ticket")
    agent.until(lambda: len(agent.all(".properties [name=assigned_team] option")) > 1, "the teams are offered")
    agent.choose(".properties [name=status]", "in_progress")
    agent.choose(".properties [name=assigned_team]", team)
    agent.click(".properties [type=submit]")
    agent.see(".properties .chip[data-status=in_progress]")
    agent.says(".properties .chip.team", team)
    changed = api.ticket(ticket["id"])
    assert (changed["status"], changed["assigned_team"], changed["priority"]) == ("in_progress", team, "medium")


def test_a_change_over_somebody_else_s_is_not_made(agent, api, admin_api, unique):
    ticket = api.create_ticket(f"Two at once {unique}")
    agent.open_ticket(ticket["id"])
    agent.click("#change-ticket")
    agent.choose(".properties [name=priority]", "low")
    admin_api.change_ticket(ticket["id"], priority="urgent")
    agent.expected_statuses = {412}
    agent.click(".properties [type=submit]")
    agent.says(".notice", "Somebody changed this ticket meanwhile")
    agent.see(".properties .chip[data-priority=urgent]")
    assert api.ticket(ticket["id"])["priority"] == "urgent"
