"""The console in a browser: how tests open, read and work it. Every wait is for something that will be seen."""

import json
import os
import pathlib

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE_S = 10
#: Triage may wait for a language model.
TRIAGE_PATIENCE_S = 60
DESKTOP = (1440, 900)
PHONE = (390, 844)


class ConsolePage:
    def __init__(self, driver, base_url, password):
        self.driver = driver
        self.base_url = base_url
        self.password = password
        #: HTTP statuses that the test provokes; the browser logs each as an error.
        self.expected_statuses = set()

    # Opening

    def open(self, hash="#/tickets"):
        """Loads the console anew at a page."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.base_url}/{hash}")

    def go(self, hash):
        """To another page without loading anew."""
        self.driver.execute_script("location.hash = arguments[0]", hash)

    def sign_in(self, username):
        """From the sign-in page to the page behind it."""
        self.fill_sign_in(username, self.password)
        self.see(".who .role")

    def fill_sign_in(self, username, password):
        self.see("#sign-in")
        self.type("[name=username]", username)
        self.type("[name=password]", password)
        self.click("#sign-in")

    def open_ticket(self, ticket):
        self.go(f"#/tickets/{ticket}")
        self.until(lambda: f"#{ticket}" in self.text(".ticket-head .number"), f"ticket {ticket} is shown")
        self.settled()

    # Reading

    def all(self, css):
        return [one for one in self.driver.find_elements(By.CSS_SELECTOR, css) if one.is_displayed()]

    def texts(self, css):
        return self.until_stable(lambda: [one.text for one in self.all(css)])

    def text(self, css):
        return self.until_stable(lambda: self.see(css).text)

    def has(self, css):
        return bool(self.all(css))

    def focused(self):
        return self.driver.switch_to.active_element

    def hash(self):
        return self.driver.execute_script("return location.hash")

    def stored_session(self):
        return json.loads(self.driver.execute_script("return sessionStorage.getItem('nexify.session')") or "null")

    def store_session(self, session):
        self.driver.execute_script("sessionStorage.setItem('nexify.session', arguments[0])", json.dumps(session))

    def requests(self, path):
        """How many requests went to addresses that contain `path` since the page was loaded."""
        return self.driver.execute_script(
            "return performance.getEntriesByType('resource').filter((e) => e.name.includes(arguments[0])).length", path)

    # Waiting

    def until(self, condition, what, patience_s=PATIENCE_S):
        """Waits for `condition()` to be true; parts of the page may be replaced meanwhile."""
        wait = WebDriverWait(self.driver, patience_s, poll_frequency=0.05,
                             ignored_exceptions=(StaleElementReferenceException,))
        return wait.until(lambda _: condition(), message=f"{what}; the page says: {self.driver.title}")

    def until_stable(self, read):
        """What `read()` gives, when the page does not replace its parts on the way."""
        result = []
        self.until(lambda: (result.append(read()), True)[1], "the page can be read")
        return result[-1]

    def see(self, css, patience_s=PATIENCE_S):
        """The first visible element, waited for."""
        return self.until(lambda: next(iter(self.all(css)), None), f"{css} is visible", patience_s)

    def gone(self, css):
        self.until(lambda: not self.has(css), f"{css} is gone")

    def says(self, css, words):
        """Waits until the element shows `words`."""
        self.until(lambda: any(words in one.text for one in self.all(css)), f"{css} says {words!r}")

    def settled(self):
        """Waits until no part of the page is loading."""
        self.until(lambda: self.driver.execute_script(
            "return document.querySelector('main [aria-busy=true], main .loading') === null"),
            "nothing is loading")

    # Working

    def click(self, css):
        def attempt():
            element = self.see(css)
            # As a reader would: from under the bar that sticks to the window's edge.
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True
        self.until(attempt, f"{css} can be clicked")

    def type(self, css, text):
        field = self.see(css)
        field.clear()
        field.send_keys(text)

    def choose(self, css, value):
        Select(self.see(css)).select_by_value(value)

    def press(self, *keys):
        """Keys to whatever has the focus."""
        for key in keys:
            self.focused().send_keys(key)

    def escape(self):
        self.press(Keys.ESCAPE)

    def resize(self, size):
        width, height = size
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def prefer(self, **features):
        """Media features, e.g. prefers_color_scheme="dark"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    # Judging

    def screenshot(self, name):
        folder = os.environ.get("NEXIFY_SCREENSHOT_DIR")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(pathlib.Path(folder) / f"{name}.png"))

    def horizontal_overflow_px(self):
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def complaints(self):
        """What the browser's log and the Content-Security-Policy have against the page, but for expected statuses."""
        expected = [f"status of {status} " for status in self.expected_statuses]
        log = [f"{entry['source']}: {entry['message']}" for entry in self.driver.get_log("browser")
               if entry["level"] in ("SEVERE", "WARNING") and not any(words in entry["message"] for words in expected)]
        refused = self.driver.execute_script("return window.__refused ?? []")
        return log + [f"Content-Security-Policy: {what}" for what in refused]
