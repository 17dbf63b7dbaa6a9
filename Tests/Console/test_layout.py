"""Every page: narrow screens, contrast, names for screen readers, calm for those who ask for it."""

import pathlib

import pytest

from console_page import PHONE

CONTRAST = (pathlib.Path(__file__).parent / "contrast.js").read_text()

#: Controls without an accessible name, headings out of place, landmarks missing.
UNNAMED = """
const wrong = [];
for (const one of document.querySelectorAll("input, select, textarea, button, a, summary, dialog, meter")) {
    if (!one.checkVisibility()) continue;
    const name = one.getAttribute("aria-label") || (one.labels ?? [])[0]?.textContent || one.textContent
        || document.getElementById(one.getAttribute("aria-labelledby") ?? "")?.textContent;
    if (!name?.trim()) wrong.push(`no name: ${one.outerHTML.slice(0, 80)}`);
}
for (const one of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls], label[for]")) {
    for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls", "for"]) {
        for (const id of (one.getAttribute(attribute) ?? "").split(" ").filter(Boolean)) {
            if (!document.getElementById(id)) wrong.push(`${attribute} names nothing: ${id}`);
        }
    }
}
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) wrong.push(`twice: #${id}`);
if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} h1`);
for (const landmark of ["header", "main", "nav"]) if (!document.querySelector(landmark)) wrong.push(`no ${landmark}`);
return wrong;
"""


@pytest.fixture
def pages(api, unique):
    """Each page's name, address, and what shows that it is complete."""
    ticket = api.create_ticket(
        f"A subject as long as impatient people write them, with {'averyverylongwordindeed' * 4} in it {unique}",
        "My card was charged twice.\n" + "https://example.org/" + "path" * 60)
    suggestion = api.triage(ticket["id"], unique)
    document = suggestion["citations"][0] if suggestion["citations"] else None
    return [
        ("list", "#/tickets", "table.tickets"),
        ("empty", f"#/tickets?q={unique}nothing", ".empty"),
        ("ticket", f"#/tickets/{ticket['id']}", ".decision-bar"),
        ("new-ticket", "#/tickets/new", "#create-ticket"),
        ("knowledge", "#/knowledge?q=refund", ".documents"),
        ("document", f"#/knowledge/{document['document_id']}?chunk={document['chunk_id']}", "[aria-current=true]"),
        ("new-document", "#/knowledge/new", "#add-document"),
        ("session", "#/session", "#me-json"),
    ]


def visit(console, address, complete):
    console.go(address)
    console.see(complete)
    console.settled()


def test_no_page_scrolls_sideways_on_a_phone(console, pages):
    console.resize(PHONE)
    console.see("#sign-in")
    assert console.horizontal_overflow_px() == 0
    console.screenshot("phone-sign-in")
    console.sign_in("agent")
    for name, address, complete in pages:
        visit(console, address, complete)
        assert console.horizontal_overflow_px() == 0, name
        console.screenshot(f"phone-{name}")
    console.go("#/tickets")
    console.click(".filter-toggle")
    console.see("[name=status]")
    assert console.horizontal_overflow_px() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_aa_on_every_page(console, pages, scheme):
    console.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    console.see("#sign-in")
    assert console.driver.execute_script(CONTRAST) == []
    console.sign_in("agent")
    for name, address, complete in pages:
        visit(console, address, complete)
        console.screenshot(f"{scheme}-{name}")
        assert console.driver.execute_script(CONTRAST) == [], name


def test_everything_has_a_name_and_a_place(agent, pages):
    for name, address, complete in pages:
        visit(agent, address, complete)
        assert agent.driver.execute_script(UNNAMED) == [], name
        assert agent.driver.title.endswith("· Nexify")


def test_the_focus_follows_the_page(agent):
    agent.see("table.tickets")
    agent.click("nav.places a[href='#/knowledge']")
    agent.until(lambda: agent.focused().tag_name == "h1" and agent.focused().text == "Knowledge",
                "the new page's heading has the focus")
    assert agent.see("nav.places [aria-current=page]").text == "Knowledge"


def test_motion_stops_for_those_who_ask(agent):
    agent.prefer(prefers_reduced_motion="reduce")
    agent.see("table.tickets")
    longest = agent.driver.execute_script(
        "const spinner = Object.assign(document.createElement('span'), {className: 'spinner'});"
        "const style = getComputedStyle(document.body.appendChild(spinner));"
        "return style.animationDuration + ' ' + style.animationIterationCount")
    assert longest == "1e-05s 1"
