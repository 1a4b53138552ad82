"""The operator who is asked what became of a payment that the bank's listing cannot tell."""

import time
from typing import Any

from launcher.processes import LauncherError
from tests.drill.bank import BankAway
from tests.drill.desk_client import DatabaseAway, Desk
from tests.drill.house import House

# An answer is not given in the same second, and the product may find out by itself.
_THINKS_S = 15.0
_TRIES = 11


class Person:
    """Looks at the bank as somebody with the bank's own list, who reads descriptions; says what they see."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house, self._desk = house, desk
        self._asked_at: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self.said: list[str] = []

    def speaks(self, questions: list[dict[str, Any]]) -> None:
        for question in questions:
            payment_id = question["id"]
            asked_at = self._asked_at.setdefault(payment_id, time.monotonic())
            tries = self._tries.get(payment_id, 0)
            if time.monotonic() - asked_at < _THINKS_S * (tries + 1) or tries >= _TRIES:
                continue
            self._tries[payment_id] = tries + 1
            self._answer(payment_id, question)

    def _answer(self, payment_id: int, question: dict[str, Any]) -> None:
        try:
            found = self._candidates(question)
        except (BankAway, DatabaseAway):
            return
        if len(found) > 1:
            self.said.append(
                f"a person cannot tell either: payment {payment_id} may be any of drafts {found}"
            )
            found = found[:1]
        word = ["--draft", str(found[0])] if found else ["--none"]
        try:
            self._house.kassa.manage(
                "resolve_unknown", "--payment", str(payment_id), *word, "--by", "the drill"
            )
        except LauncherError as refusal:
            reason = str(refusal).splitlines()[-1]
            self.said.append(
                f"a person's word about payment {payment_id} ({' '.join(word)}) was refused: {reason}"
            )
            return
        self.said.append(f"a person said of payment {payment_id}: {' '.join(word)}")

    def _candidates(self, question: dict[str, Any]) -> list[int]:
        """Drafts with this payment's words that belong to no payment, oldest first."""
        listed = self._house.bank.ask("GET", "drafts", sender_iban=question["payer_iban"])["drafts"]
        named = [draft["id"] for draft in listed if draft["description"] == question["description"]]
        owned = self._desk.ask("owned", ids=named)["owned"]
        return sorted(set(named) - set(owned))
