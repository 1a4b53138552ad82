"""The bank's back door, for people who decide there and for the weather. It may be away at any moment."""

from typing import Any

import requests

TIMEOUT_S = 15.0


class BankAway(Exception):
    """No answer: it was killed, or is starting."""


class BankSaysNo(Exception):
    """What was asked for does not go, and why."""


class Bank:
    """Not for several threads at once: everybody has one of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """Raises BankAway, BankSaysNo."""
        try:
            answer = self._http.request(
                method, f"{self.url}/_control/{path}", json=body, params=query, timeout=TIMEOUT_S
            )
        except requests.RequestException as error:
            raise BankAway(type(error).__name__) from error
        if answer.status_code != 200:
            raise BankSaysNo(answer.text[:300])
        return answer.json()

    def answers(self) -> bool:
        try:
            self.ask("GET", "faults")
        except (BankAway, BankSaysNo):
            return False
        return True

    def open_drafts(self, iban: str) -> list[dict[str, Any]]:
        """What the owner of this account sees as waiting for a decision, newest first."""
        found: list[dict[str, Any]] = self.ask("GET", "drafts", sender_iban=iban)["drafts"]
        return [draft for draft in found if draft["status"] == "PENDING"]

    def decide(
        self, authorization_url: str, *, iban: str, decision: str, only: int | None, go_back: bool
    ) -> str:
        """A visit to the authorization page; returns where the browser is sent, nothing if nowhere."""
        body: dict[str, object] = {
            "authorization_url": authorization_url,
            "person": iban,
            "decision": decision,
            "finish": "return" if go_back else "stay",
        }
        if only is not None:
            body["only_draft"] = only
        redirect: str | None = self.ask("POST", "authorize", body)["redirect"]
        return redirect or ""

    def act(self, draft_id: int, act: str) -> None:
        """accept | approve | reject | expire, as the control knows them."""
        self.ask("POST", f"drafts/{draft_id}/{act}", {})

    # on the phones of those who let us connect

    def prepared(self, iban: str = "") -> list[dict[str, Any]]:
        """What was prepared on this account (on all if none is named) and waits for its owner, newest first."""
        query = {"sender_iban": iban} if iban else {}
        found: list[dict[str, Any]] = self.ask("GET", "draft-payments", **query)["draft_payments"]
        return [draft for draft in found if draft["status"] == "PENDING"]

    def all_prepared(self, iban: str) -> list[dict[str, Any]]:
        """Also what was answered already."""
        found: list[dict[str, Any]] = self.ask("GET", "draft-payments", sender_iban=iban)["draft_payments"]
        return found

    def schedules(self) -> list[dict[str, Any]]:
        """What was agreed to be paid later, with what became of each date that came."""
        found: list[dict[str, Any]] = self.ask("GET", "schedules")["schedules"]
        return found

    def run_schedule(self, schedule_id: int) -> None:
        """Its next date comes, or what failed is tried again."""
        self.ask("POST", f"schedules/{schedule_id}/run", {})

    def cancel_schedule(self, schedule_id: int) -> None:
        """The payer stops it in the app."""
        self.ask("POST", f"schedules/{schedule_id}/cancel", {})

    def answer(self, draft_id: int, act: str) -> None:
        """accept | reject | expire."""
        self.ask("POST", f"draft-payments/{draft_id}/{act}", {})

    def revoke(self, iban: str) -> None:
        """The owner of this account removes us in the app."""
        self.ask("POST", "connections", {"revoke": iban})

    def new_people(self, count: int, balance: str, name: str = "D. Driller") -> list[str]:
        """Their IBANs."""
        made = self.ask("POST", "people", {"count": count, "name": name, "balance": balance})["people"]
        return [person["accounts"][0]["iban"] for person in made]
