"""The list: what it shows, filters, order, pages."""

PAGE = 20


def count(console):
    return int(console.text("h1 .count"))


def rows(console):
    return console.all("table.tickets tbody tr")


def agrees(console, api, **query):
    """Waits until the list counts what the API counts; the worker may still be at the newest tickets."""
    console.until(lambda: count(console) == api.tickets(**query)["count"], f"the list counts what {query} matches")
    console.settled()


def test_the_list_is_the_api_s_newest_first(agent, api):
    agrees(agent, api)
    ids = [int(row.get_attribute("data-ticket")) for row in rows(agent)]
    assert ids == [ticket["id"] for ticket in api.tickets(page_size=PAGE)["results"]]
    assert len(ids) > 0
    agent.screenshot("tickets")


def test_filters_narrow_the_list_and_stand_in_the_address(agent, api):
    agent.choose("[name=status]", "open")
    agrees(agent, api, status="open")
    assert set(agent.texts("td.status")) == {"Open"}
    agent.choose("[name=priority]", "high")
    agrees(agent, api, status="open", priority="high")
    assert set(agent.texts("td.priority")) <= {"High"}
    assert "status=open" in agent.hash() and "priority=high" in agent.hash()

    agent.driver.back()
    agrees(agent, api, status="open")
    assert agent.see("[name=priority]").get_attribute("value") == ""

    agent.open(agent.hash())
    agent.see("table.tickets")
    assert agent.see("[name=status]").get_attribute("value") == "open"
    agent.click("#clear-filters")
    agrees(agent, api)


def test_the_team_filter_offers_the_teams_of_the_organisation(agent, api, unique):
    teams = api.teams()
    ticket = api.create_ticket(f"For a team {unique}")
    api.change_ticket(ticket["id"], assigned_team=teams[0])
    agent.until(lambda: len(agent.all("[name=assigned_team] option")) == len(teams) + 1, "all teams are offered")
    agent.choose("[name=assigned_team]", teams[0])
    agrees(agent, api, assigned_team=teams[0])
    assert set(agent.texts("td.team")) == {teams[0]}


def test_the_search_finds_a_word_of_a_ticket(agent, api, unique):
    ticket = api.create_ticket(f"Looking for {unique}")
    agent.type("[name=q]", unique)
    agrees(agent, api, q=unique)
    assert [int(row.get_attribute("data-ticket")) for row in rows(agent)] == [ticket["id"]]
    agent.type("[name=q]", unique + "nothing")
    agent.says(".empty", "No ticket matches")


def test_the_suggestion_filter_shows_what_awaits_a_decision(agent, api, unique):
    ticket = api.create_ticket(f"Awaiting {unique}", "I was charged twice and want a refund.")
    agent.go(f"#/tickets?q={unique}&has_pending_suggestion=true")
    agent.says(".empty", "No ticket matches")
    api.triage(ticket["id"], unique)
    agent.click("main .page-head button")
    agrees(agent, api, q=unique, has_pending_suggestion="true")
    assert count(agent) == 1


def test_the_order_by_urgency_begins_with_the_most_urgent(agent, api, unique):
    for priority in ("low", "urgent", "medium"):
        api.create_ticket(f"Ordered {unique}", priority=priority)
    agent.go(f"#/tickets?q={unique}&ordering=-priority")
    agrees(agent, api, q=unique)
    assert agent.texts("td.priority") == ["Urgent", "Medium", "Low"]


def test_pages_go_on_and_back(agent, api):
    agrees(agent, api)
    total = count(agent)
    assert total > PAGE, "the demo data has more than one page"
    agent.says(".pagination .range", f"1–{PAGE} of {total}")
    first = agent.texts("td.subject .number")
    agent.click(".pagination [rel=next]")
    agent.says(".pagination .range", f"{PAGE + 1}–")
    assert not set(first) & set(agent.texts("td.subject .number"))
    agent.click(".pagination [rel=prev]")
    agent.says(".pagination .range", "1–")


def test_a_page_past_the_end_says_so(agent):
    agent.expected_statuses = {404}
    agent.go("#/tickets?page=9999")
    agent.says(".empty", "There is no such page")
    agent.click(".empty a")
    agent.see("table.tickets")


def test_a_ticket_that_is_not_there_says_so(agent):
    agent.expected_statuses = {404}
    agent.go("#/tickets/999999999")
    agent.says("h1", "There is no such ticket")
