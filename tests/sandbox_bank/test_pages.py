"""The bank's pages as a browser without JavaScript gets them."""

import re

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import HOPPER, RETURN, Provider, query_of

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


class Visitor:
    """One browser; follows redirects inside the bank and stops at its door."""

    def __init__(self, bank: SandboxBank, agent: str = "Mozilla/5.0 (X11; Linux x86_64)") -> None:
        self.bank, self.http = bank, requests.Session()
        self.http.trust_env = False
        self.http.headers["User-Agent"] = agent

    def go(self, url: str, **form: str) -> requests.Response:
        answer = self.http.request(
            "POST" if form else "GET", url, data=form or None, timeout=10, allow_redirects=False
        )
        target = answer.headers.get("Location", "")
        return self.go(self.bank.url + target) if target.startswith("/") else answer

    def open_app(self, provider: Provider, iban: str = HOPPER) -> str:
        """From the authorization URL to the list of drafts; returns the visit's address."""
        answer = self.go(provider.authorize_url())
        found = re.search(r'href="(/app/[^"]+)"', answer.text)
        address = self.bank.url + found[1] if found else answer.url
        person = re.search(
            rf'name="person-(\d+)"(?:(?!</button>).)*{spaced(iban)}', self.go(address).text, re.DOTALL
        )
        assert person is not None
        self.go(f"{address}/person", **{f"person-{person[1]}": "1"})
        return address


def spaced(iban: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


@pytest.fixture
def visitor(bank: SandboxBank) -> Visitor:
    return Visitor(bank)


def test_the_front_door_says_loudly_that_it_is_no_real_bank(bank: SandboxBank, visitor: Visitor) -> None:
    page = visitor.go(bank.url)
    assert "no money here is real" in page.text
    assert all(word in page.text for word in ("S. Hopper", spaced(HOPPER), "Demo Shop BV", f"{bank.url}/v1/"))


def test_a_desktop_gets_a_code_and_a_way_in_and_a_phone_gets_the_app(
    bank: SandboxBank, provider: Provider, visitor: Visitor
) -> None:
    desktop = visitor.go(provider.authorize_url())
    assert 'id="open-app"' in desktop.text
    assert "qr.svg" in desktop.text
    phone = Visitor(bank, PHONE).go(provider.authorize_url())
    assert "Who are you?" in phone.text


def test_the_payer_of_the_newest_open_draft_stands_first(
    provider: Provider, visitor: Visitor, person: str
) -> None:
    provider.place(sender_iban=person)
    page = Visitor(provider.bank, PHONE).go(provider.authorize_url()).text
    first = re.search(r'name="person-\d+".*?</button>', page, re.DOTALL)
    assert first is not None
    assert spaced(person) in first[0]
    assert "payment waiting" in first[0]


def test_whoever_has_an_open_draft_is_found_among_any_number_of_people(
    bank: SandboxBank, provider: Provider
) -> None:
    crowd = bank.control("POST", "people", {"count": 60})["people"]
    payer = crowd[-1]["accounts"][0]["iban"]
    provider.place(sender_iban=payer)
    provider.place(sender_iban=HOPPER)
    page = Visitor(bank, PHONE).go(provider.authorize_url()).text
    assert page.index(spaced(HOPPER)) < page.index(spaced(payer))
    assert page.count("payment waiting") == 2


def test_accept_and_go_back_brings_a_code(provider: Provider, visitor: Visitor, person: str) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    shown = visitor.go(app).text
    assert "€ 12.50" in shown
    assert "Demo Shop order 1042" in shown
    assert "Accepted." in visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"}).text
    answer = visitor.go(f"{app}/finish", finish="return")
    assert answer.headers["Location"].startswith(RETURN + "?code=")
    assert provider.exchange(query_of(answer.headers["Location"])["code"]).status == 200
    assert provider.read(draft)["status"] == "ACCEPTED"


def test_the_same_way_back_is_given_again(provider: Provider, visitor: Visitor, person: str) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"})
    first, second = (visitor.go(f"{app}/finish", finish="return").headers["Location"] for _ in range(2))
    assert first == second
    assert 'id="go-back"' in visitor.go(app).text


def test_reject_closes_the_draft_at_once(provider: Provider, visitor: Visitor, person: str) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    assert "Rejected." in visitor.go(f"{app}/decide", **{f"reject-{draft}": "1"}).text
    assert provider.read(draft)["status"] == "REJECTED"
    back = visitor.go(f"{app}/finish", finish="return").headers["Location"]
    assert query_of(back) == {"error": "access_denied", "state": "a state"}


def test_an_acceptance_can_be_taken_back_until_the_end(
    provider: Provider, visitor: Visitor, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"})
    visitor.go(f"{app}/decide", **{f"reject-{draft}": "1"})
    assert provider.read(draft)["status"] == "REJECTED"


def test_closing_without_going_back_leads_nowhere(provider: Provider, visitor: Visitor, person: str) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"})
    closed = visitor.go(f"{app}/finish", finish="stay")
    assert closed.status_code == 200
    assert "nothing has moved" in closed.text
    assert provider.read(draft)["status"] == "PENDING"
    assert visitor.go(f"{app}/finish", finish="return").status_code == 200


def test_a_button_for_somebody_elses_draft_does_nothing(
    provider: Provider, visitor: Visitor, person: str
) -> None:
    mine, other = provider.place(sender_iban=person), provider.place(sender_iban=HOPPER)
    app = visitor.open_app(provider, person)
    assert f"accept-{other}" not in visitor.go(app).text
    visitor.go(f"{app}/decide", **{f"reject-{other}": "1", "nonsense": "1"})
    assert (provider.read(mine)["status"], provider.read(other)["status"]) == ("PENDING", "PENDING")


def test_a_draft_that_was_withdrawn_meanwhile_is_not_accepted(
    provider: Provider, visitor: Visitor, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    provider.cancel(draft)
    assert visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"}).status_code == 200
    assert provider.read(draft)["status"] == "CANCELLED"


def test_an_account_that_is_too_poor_is_warned_about(
    provider: Provider, visitor: Visitor, person: str
) -> None:
    provider.place(sender_iban=person, amount={"value": "5000.00", "currency": "EUR"})
    assert "only € 1,000.00" in visitor.go(visitor.open_app(provider, person)).text


def test_a_phone_that_scanned_the_banks_code_sends_the_desktop_on(
    bank: SandboxBank, provider: Provider, visitor: Visitor, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    desktop = visitor.go(provider.authorize_url()).text
    token = re.search(r'href="/app/([^"]+)"', desktop)
    assert token is not None
    status_url = f"{bank.url}/auth/{token[1]}/status"
    phone, app = Visitor(bank, PHONE), f"{bank.url}/app/{token[1]}"
    choice = re.search(r'name="(person-\d+)"', phone.go(app + "?qr=1").text)
    assert choice is not None
    phone.go(f"{app}/person", **{choice[1]: "1"})
    phone.go(f"{app}/decide", **{f"accept-{draft}": "1"})
    assert visitor.go(status_url).json() == {"outcome": "open", "redirect": None}
    assert "computer goes on" in phone.go(f"{app}/finish", finish="return").text
    redirect = visitor.go(status_url).json()["redirect"]
    assert redirect.startswith(RETURN + "?code=")
    assert visitor.go(f"{bank.url}/auth/{token[1]}").headers["Location"] == redirect


def test_a_desktop_stays_where_it_is_when_its_own_browser_went_back(
    bank: SandboxBank, provider: Provider, visitor: Visitor, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    app = visitor.open_app(provider, person)
    visitor.go(f"{app}/decide", **{f"accept-{draft}": "1"})
    assert "code" in query_of(visitor.go(f"{app}/finish", finish="return").headers["Location"])
    waiting = app.replace("/app/", "/auth/")
    assert visitor.go(f"{waiting}/status").json() == {"outcome": "returned", "redirect": None}
    assert visitor.go(waiting).status_code == 200


def test_names_of_others_are_shown_as_text(provider: Provider, visitor: Visitor, person: str) -> None:
    provider.place(sender_iban=person, counterparty_name="Bed and Breakfast (b)")
    state_url = provider.authorize_url(state="<script>alert(1)</script>")
    assert "<script>alert" not in visitor.go(state_url).text


@pytest.mark.parametrize(
    "path", ["/app/nothing", "/auth/nothing", "/auth/nothing/status", "/app/person/99999", "/nothing"]
)
def test_an_address_that_leads_nowhere_is_a_404(bank: SandboxBank, visitor: Visitor, path: str) -> None:
    assert visitor.go(bank.url + path).status_code == 404


def test_pages_forbid_what_is_inline_or_foreign(
    bank: SandboxBank, provider: Provider, visitor: Visitor
) -> None:
    for url in (bank.url, provider.authorize_url(), visitor.open_app(provider)):
        page = visitor.go(url)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page.text)
