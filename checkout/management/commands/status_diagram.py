"""`manage.py status_diagram`: the statuses of payments and orders as a page for people, made from the table."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from checkout import refund_statuses
from checkout.plans.series import statuses as series_statuses
from checkout.plans.series.statuses import SeriesStatus
from checkout.refund_statuses import RefundStatus
from checkout.statuses import AT_BANK, FROM_BUNQ, MOVES, OrderStatus, PaymentStatus

_HEAD = """\
# Statuses

Made from `checkout/statuses.py` by `make diagram`; a test compares. Change the table, not this page.
"""


class Command(BaseCommand):
    help = "Print docs/statuses.md as the table of statuses has it, or write it with --write."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", type=Path, help="the file to write instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        page = status_page()
        if options["write"]:
            options["write"].write_text(page)
        else:
            self.stdout.write(page, ending="")


def status_page() -> str:
    return "\n".join(
        [_HEAD, *_payment_part(), *_bunq_part(), *_order_part(), *_refund_part(), *_series_part()]
    )


def _payment_part() -> list[str]:
    lines = ["## A payment (one attempt to pay one order)", "", *_diagram(MOVES, PaymentStatus.CREATED)]
    at_bank = ", ".join(f"`{status}`" for status in PaymentStatus if status in AT_BANK)
    held = f"bunq holds a draft, or may hold one, in {at_bank}: the order cannot be paid by another attempt."
    return [*lines, "", held, ""]


def _diagram(moves: Mapping[Any, Collection[Any]], first: StrEnum) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for old, exits in moves.items():
        if not exits:
            lines.append(f"    {old} --> [*]")
        # In the order of the enumeration, so that the page stays the same from run to run.
        lines += [f"    {old} --> {new}" for new in type(first) if new in exits]
    return [*lines, "```"]


def _bunq_part() -> list[str]:
    rows = [f"| `{word}` | `{status}` |" for word, status in FROM_BUNQ.items()]
    rows.append(f"| anything else | `{PaymentStatus.PENDING}`, and it is logged |")
    return ["## bunq's words", "", "| bunq says | the payment is |", "|---|---|", *rows, ""]


def _order_part() -> list[str]:
    words = ", ".join(f"`{status}`" for status in OrderStatus)
    return [
        "## An order",
        "",
        f"One of {words}. Beside it flags: `paid_late`, `paid_twice`, `amount_differs`, `consent_differs`.",
        "A flag means that money moved and a person has to look: accept it, or give it back.",
        "",
    ]


def _refund_part() -> list[str]:
    at_bank = ", ".join(f"`{status}`" for status in RefundStatus if status in refund_statuses.AT_BANK)
    return [
        "## A refund (money that a merchant sends back)",
        "",
        "From `checkout/refund_statuses.py`. By hand: `requested`, then `sent` on a person's word, or `cancelled`.",
        "",
        *_diagram(refund_statuses.MOVES, RefundStatus.REQUESTED),
        "",
        f"bunq holds a draft, or may hold one, in {at_bank}: the merchant can approve it there.",
        "",
    ]


def _series_part() -> list[str]:
    return [
        "## A series (the one approval of a plan that bunq pays by a schedule)",
        "",
        "From `checkout/plans/series/statuses.py`. `scheduled` is the payer's approval, and no money.",
        "",
        *_diagram(series_statuses.MOVES, SeriesStatus.CREATED),
        "",
    ]
