"""The HTTP API as the tests use it: to prepare what a page is to show, and to check what a click has done."""

import json
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """The server answered with something other than 2xx."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class NexifyAPI:
    """One signed-in user. Signs in at the first request, and again when the access token has run out."""

    def __init__(self, base_url, username, password):
        self.base_url = base_url
        self.username = username
        self.password = password
        self.access = None

    def send(self, method, path, body=None, query=None, headers=None, signed_in=True):
        """The answer's JSON, or None when it has none. Raises `Refused`."""
        url = f"{self.base_url}/api{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        for attempt in (1, 2):
            sent = {"Accept": "application/json", **(headers or {})}
            if body is not None:
                sent["Content-Type"] = "application/json"
            if signed_in:
                self.access = self.access or self.sign_in()
                sent["Authorization"] = f"Bearer {self.access}"
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(url, data, sent, method=method)
            try:
                with urllib.request.urlopen(request, timeout=40) as response:
                    text = response.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                if error.code == 401 and signed_in and attempt == 1:
                    self.access = None
                    continue
                raise Refused(error.code, error.read().decode(errors="replace")) from error

    def sign_in(self):
        credentials = {"username": self.username, "password": self.password}
        return self.send("POST", "/auth/token/", credentials, signed_in=False)["access"]

    def me(self):
        return self.send("GET", "/me/")

    @property
    def organization(self):
        return self.me()["organizations"][0]["id"]

    def create_ticket(self, subject, body="Hello, can you help me with this, please?", priority="medium"):
        return self.send("POST", "/tickets/", {
            "organization_id": self.organization, "requester_email": "console.tests@example.org",
            "subject": subject, "body": body, "priority": priority})

    def ticket(self, ticket):
        return self.send("GET", f"/tickets/{ticket}/")

    def change_ticket(self, ticket, **changes):
        return self.send("PATCH", f"/tickets/{ticket}/", changes)

    def tickets(self, **query):
        return self.send("GET", f"/organizations/{self.organization}/tickets/", query=query)

    def events(self, ticket):
        """Oldest first."""
        return self.send("GET", f"/tickets/{ticket}/events/", query={"page_size": 100})["results"][::-1]

    def triage(self, ticket, key):
        """Runs triage to its end and gives the suggestion."""
        job = self.send("POST", f"/tickets/{ticket}/trigger-triage/", query={"wait": 30},
                        headers={"Idempotency-Key": key})
        assert job["status"] == "succeeded", job
        return job["suggestion"]

    def suggestions(self, ticket):
        return self.send("GET", f"/organizations/{self.organization}/tickets/{ticket}/suggestions/")["results"]

    def decide(self, suggestion, decision, **body):
        ticket = f"/organizations/{suggestion['organization']}/tickets/{suggestion['ticket']}"
        return self.send("POST", f"{ticket}/suggestions/{suggestion['id']}/{decision}/", body)

    def teams(self):
        return [team["name"] for team in self.send("GET", f"/organizations/{self.organization}/teams/")["results"]]

    def chunks(self, document):
        return self.send("GET", f"/organizations/{self.organization}/documents/{document}/chunks/",
                         query={"page_size": 100})["results"]
