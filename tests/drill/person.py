"""The operator who is asked what became of a payment that the bank's listing cannot tell."""

import time
from typing import Any

from launcher.processes import LauncherError
from tests.drill.bank import BankAway
from tests.drill.desk_client import DatabaseAway, Desk, DeskRefused
from tests.drill.house import House

# An answer is not given in the same second, and the product may find out by itself.
_THINKS_S = 15.0
_TRIES = 11


class Person:
    """Looks at the bank as somebody with the bank's own list, who reads descriptions; says what they see."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house, self._desk = house, desk
        self._asked_at: dict[int, float] = {}
        self._refund_asked_at: dict[int, float] = {}
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
        bank, iban, reference = self._house.bank, question["payer_iban"], question["bank_reference"]
        if reference:  # a push: its reference tells it from all others
            listed = bank.ask("GET", "draft-payments", sender_iban=iban)["draft_payments"]
            named = [draft["id"] for draft in listed if draft["merchant_reference"] == reference]
        else:
            listed = bank.ask("GET", "drafts", sender_iban=iban)["drafts"]
            named = [draft["id"] for draft in listed if draft["description"] == question["description"]]
        owned = self._desk.ask("owned", ids=named, way="push" if reference else "scan")["owned"]
        return sorted(set(named) - set(owned))

    def speaks_of_refunds(self, questions: list[dict[str, Any]]) -> None:
        """Of a refund whose answer was lost and that the account does not show: it was not sent."""
        for question in questions:
            asked_at = self._refund_asked_at.setdefault(question["id"], time.monotonic())
            if time.monotonic() - asked_at < _THINKS_S:
                continue
            self._refund_asked_at[question["id"]] = time.monotonic()
            try:
                listed = self._house.bank.ask("GET", "draft-payments", sender_iban=question["from_iban"])
                held = [d["id"] for d in listed["draft_payments"] if _is_of(d, question)]
                if not held:
                    self._desk.ask("say_not_sent", id=question["id"])
            except (BankAway, DatabaseAway):
                continue
            except DeskRefused as refusal:
                held.append(f"refused: {refusal}")
            self.said.append(f"a person looked for refund {question['id']}: {held or 'not sent'}")


def _is_of(draft: dict[str, Any], question: dict[str, Any]) -> bool:
    return bool(draft["merchant_reference"] == question["bank_reference"])
