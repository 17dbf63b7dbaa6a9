"""A viewer reads everything and changes nothing, and is told why."""


def test_a_viewer_cannot_write(console, api, unique):
    ticket = api.create_ticket(f"For a viewer {unique}", "My card was charged twice.")
    api.triage(ticket["id"], unique)
    console.sign_in("viewer")
    assert not console.has("#new-ticket")
    console.see(".read-only")

    console.open_ticket(ticket["id"])
    console.see(".suggestion[data-decision=pending]")
    for name in ("run-triage", "approve-suggestion", "edit-suggestion", "reject-suggestion"):
        button = console.see(f"#{name}")
        assert not button.is_enabled(), name
        reason = console.see(f"#{button.get_attribute('aria-describedby')}")
        assert "Your role is Viewer" in reason.text
    assert not console.has("#change-ticket")
    console.screenshot("viewer")

    console.press("t", "a", "e", "r")
    assert not console.has("dialog") and not console.has(".suggestion-edit form")
    assert [one["status"] for one in api.suggestions(ticket["id"])] == ["pending"]

    for page in ("#/tickets/new", "#/knowledge/new"):
        console.go(page)
        console.says(".note", "Your role is Viewer")
        assert not console.has("main form")
