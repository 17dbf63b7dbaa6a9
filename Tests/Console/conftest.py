"""What every test starts from: a running server, its users, one browser."""

import os
import uuid

import pytest
from selenium import webdriver

from console_page import DESKTOP, ConsolePage
from nexify_api import NexifyAPI

#: Runs before any script of a page, so that no refusal goes unseen.
WATCH_POLICY = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
    window.__refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile ?? ""}`);
});
"""


@pytest.fixture(scope="session")
def base_url():
    return os.environ.get("NEXIFY_BASE_URL", "http://localhost:8000").rstrip("/")


@pytest.fixture(scope="session")
def password():
    return os.environ.get("NEXIFY_PASSWORD", "nexify-demo")


@pytest.fixture(scope="session")
def api(base_url, password):
    """The agent's own way to the server, beside the browser."""
    return NexifyAPI(base_url, "agent", password)


@pytest.fixture(scope="session")
def admin_api(base_url, password):
    """A second person, for what happens meanwhile."""
    return NexifyAPI(base_url, "admin", password)


@pytest.fixture(scope="session")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("NEXIFY_CHROMIUM", "/usr/bin/chromium")
    options.add_argument("--headless=new")
    options.add_argument("--disable-dev-shm-usage")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(os.environ.get("NEXIFY_CHROMEDRIVER", "/usr/bin/chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH_POLICY})
    yield driver
    driver.quit()


@pytest.fixture
def console(driver, base_url, password, request):
    """The console at its sign-in, without a trace of the test before; judged at the end."""
    page = ConsolePage(driver, base_url, password)
    page.resize(DESKTOP)
    page.prefer(prefers_color_scheme="light")
    driver.get(f"{base_url}/favicon.svg")  # the console's origin without the console
    driver.execute_script("sessionStorage.clear(); localStorage.clear()")
    page.open()
    driver.get_log("browser")  # reading empties it
    yield page
    if getattr(request.node, "failed", False):
        page.screenshot(f"failed-{request.node.name}")
    complaints = page.complaints()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def agent(console):
    """The console with the agent signed in, at the ticket list."""
    console.sign_in("agent")
    return console


@pytest.fixture
def unique():
    """A word that occurs nowhere else."""
    return f"zq{uuid.uuid4().hex[:12]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True
