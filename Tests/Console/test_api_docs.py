"""The page of the API, in a browser without a way to anywhere else: it shows the document that the server serves."""

import json
import urllib.request

import pytest
from selenium.webdriver.common.keys import Keys

from console_page import PHONE


@pytest.fixture
def docs(console, base_url):
    console.driver.get(f"{base_url}/api/docs/")
    console.says("#found", " operations")
    return console


@pytest.fixture(scope="module")
def operations(base_url):
    with urllib.request.urlopen(f"{base_url}/api/schema/") as answer:
        paths = json.load(answer)["paths"]
    return {one["operationId"]: (path, one) for path, item in paths.items() for one in item.values()}


def test_every_operation_is_shown(docs, operations):
    assert docs.text("#found") == f"{len(operations)} operations"
    shown = docs.driver.execute_script("return [...document.querySelectorAll('details.operation')].map((e) => e.id)")
    assert sorted(shown) == sorted(operations)
    docs.screenshot("api-docs")


def test_every_operation_opens(docs, operations):
    docs.driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    docs.until(lambda: len(docs.all("details.operation > .content")) == len(operations), "all are open")
    # And what lies below, one step: schemas that contain themselves end somewhere.
    docs.driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    for name, (path, operation) in operations.items():
        text = docs.driver.execute_script("return document.getElementById(arguments[0]).innerText", name)
        assert path in text and operation["summary"] in text
        for status in operation["responses"]:
            assert status in text, name
        for parameter in operation.get("parameters", []):
            assert parameter["name"] in text, name


def test_searching_by_keyboard(docs):
    docs.press("/")
    assert docs.focused().get_attribute("id") == "search"
    docs.press("post", " ", "tickets", " ", "approve")
    docs.says("#found", "2 of ")
    assert all("approve" in text for text in docs.texts("details.operation .path"))
    docs.escape()
    docs.until(lambda: " of " not in docs.text("#found"), "all are shown again")


def test_an_operation_has_an_address_and_opens_by_keyboard(docs, base_url):
    docs.driver.get(f"{base_url}/api/docs/#createTicket")
    docs.see("#createTicket[open] .content")
    docs.press(Keys.ENTER)
    docs.gone("#createTicket .content")
    docs.press(Keys.ENTER)
    docs.says("#createTicket .content", "requester_email")
    docs.screenshot("api-docs-operation")


def test_fits_a_phone_and_the_dark(docs):
    docs.resize(PHONE)
    docs.prefer(prefers_color_scheme="dark")
    docs.driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    docs.see("details.operation .content")
    assert docs.horizontal_overflow_px() == 0
    docs.screenshot("api-docs-phone")
