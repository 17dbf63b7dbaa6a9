"""What customers write is text, whatever it looks like."""

HOSTILE = [
    "<script>window.__owned = 1</script>",
    "<img src=x onerror='window.__owned = 2'>",
    "<svg/onload=window.__owned=3>",
    "<a href=\"javascript:window.__owned=4\">click</a>",
    "{{constructor.constructor('window.__owned=5')()}} ${window.__owned=6}",
    "</textarea></title><style>*{display:none}</style>",
]


def elements_made_of_text(console):
    return console.driver.execute_script(
        "const made = 'script, img, svg[onload], style, b, [href^=\"javascript\"]';"
        "return [...document.querySelector('main').querySelectorAll(made)].map((one) => one.outerHTML)")


def assert_untouched(console):
    assert console.driver.execute_script("return window.__owned ?? null") is None
    assert elements_made_of_text(console) == []


def test_a_hostile_ticket_is_shown_as_text(agent, api, unique):
    subject = f"{unique} <img src=x onerror=window.__owned=1><b>bold</b>"
    body = "\n".join(HOSTILE)
    ticket = api.create_ticket(subject, body)
    agent.go(f"#/tickets?q={unique}")
    agent.says("td.subject a", subject)
    assert_untouched(agent)

    agent.open_ticket(ticket["id"])
    assert agent.text(".ticket-head h1") == subject
    assert agent.driver.execute_script("return document.querySelector('.message').textContent") == body
    assert subject in agent.driver.title
    agent.screenshot("hostile-ticket")
    assert_untouched(agent)


def test_a_hostile_decision_and_draft_are_shown_as_text(agent, api, unique):
    ticket = api.create_ticket(f"Hostile draft {unique}", "I was charged twice, please refund.")
    suggestion = api.triage(ticket["id"], unique)
    api.decide(suggestion, "approve", draft_reply=HOSTILE[1] + HOSTILE[3])
    second = api.triage(ticket["id"], unique + "2")
    api.decide(second, "reject", reason=HOSTILE[0])
    agent.open_ticket(ticket["id"])
    agent.says(".timeline [data-event=SUGGESTION_REJECTED]", HOSTILE[0])
    agent.click(".earlier summary")
    agent.says(".suggestion.old .draft", HOSTILE[1])
    assert_untouched(agent)


def test_a_hostile_document_is_shown_as_text(agent, unique):
    agent.go("#/knowledge/new")
    agent.type("[name=title]", f"<b>{unique}</b>")
    agent.type("[name=text]", HOSTILE[0] + " " + HOSTILE[1])
    agent.click("#add-document")
    agent.says(".document-page h1", f"<b>{unique}</b>")
    agent.says(".document-text", HOSTILE[1])
    assert_untouched(agent)


def test_a_hostile_address_is_not_obeyed(agent):
    agent.go("#/tickets?q=<img src=x onerror=window.__owned=1>&status=\"><script>window.__owned=2</script>")
    agent.expected_statuses = {400}
    agent.see(".failed")
    assert_untouched(agent)
    agent.go("#/nowhere/<script>")
    agent.says("h1", "There is no such page")
    assert_untouched(agent)
