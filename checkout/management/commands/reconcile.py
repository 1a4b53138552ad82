import json
import sys
import textwrap
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout.services.reconciling import Report, reconcile
from checkout.services.reconciling_repair import repair
from checkout.services.reconciling_words import Difference

SAME, DIFFERENT, UNREAD = 0, 1, 2
_COLUMNS = (
    ("payment", 9),
    ("order", 16),
    ("here", 12),
    ("at the bank", 12),
    ("what differs", 36),
    ("what to do", 40),
)
_MOST_LINES = 20


class Command(BaseCommand):
    """1. Compares every payment with its draft at the bank, every draft with our payments, orders with payments.
    2. Looks again at whatever seems to differ, so that shop and workers may go on meanwhile.
    3. Prints what differs and what to do about it. Changes nothing.
    With --repair: 4. does what the worker could do about it, each deed with an event; 5. compares again.

    Ends with 0 if nothing differs, 1 if something does, 2 if the bank could not be read completely.
    """

    help = "Compares our payments with the bank, row by row. Changes nothing without --repair."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", metavar="DATE", help="only what was made since then, e.g. 2031-04-05 (UTC)"
        )
        parser.add_argument("--repair", action="store_true", help="do what the table of statuses allows")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument(
            "--wait",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="at most so long is waited for a worker that is about to take news over (60)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = _moment(options["since"])
        report = reconcile(since=since, wait_s=options["wait"], say=self._say)
        deeds = repair(report.differences) if options["repair"] and report.differences else []
        if deeds:
            report = reconcile(since=since, wait_s=options["wait"], say=self._say)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report, deeds), indent=2, ensure_ascii=False))
        else:
            self._print(report, deeds)
        if code := _exit_code(report):
            sys.exit(code)

    def _say(self, line: str) -> None:
        self.stderr.write(line)

    def _print(self, report: Report, deeds: list[str]) -> None:
        for deed in deeds:
            self.stdout.write(f"repaired: {deed}")
        if report.differences:
            self.stdout.write(_row([name for name, _ in _COLUMNS]))
            self.stdout.write("  ".join("-" * width for _, width in _COLUMNS))
        for difference in report.differences:
            self.stdout.write(_row(_cells(difference)))
        self._print_lines("note", report.notes)
        self._print_lines("not read", report.unread)
        self.stdout.write(_count_line(report))

    def _print_lines(self, name: str, lines: list[str]) -> None:
        for line in lines[:_MOST_LINES]:
            self.stdout.write(f"{name}: {line}")
        if len(lines) > _MOST_LINES:
            self.stdout.write(f"{name}: {len(lines) - _MOST_LINES} more")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--since takes a date, such as 2031-04-05, not {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cells(difference: Difference) -> list[str]:
    if difference.payment is not None:
        name = f"{difference.payment} (#{difference.attempt})"
    else:
        name = f"draft {difference.draft or '?'}" if difference.at_bank else "-"
    order = difference.order or "-"
    return [name, order, difference.here, difference.at_bank or "-", difference.differs, difference.to_do]


def _row(cells: list[str]) -> str:
    """One row of the table: long cells go on below themselves."""
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, (_, width) in zip(cells, _COLUMNS, strict=True)]
    lines = []
    for number in range(max(map(len, wrapped))):
        parts = [
            (cell[number] if number < len(cell) else "").ljust(width)
            for cell, (_, width) in zip(wrapped, _COLUMNS, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _count_line(report: Report) -> str:
    counts = [f"{report.payments} payments", f"{report.drafts} drafts at the bank"]
    if report.elsewhere:
        counts.append(f"{report.elsewhere} payments elsewhere")
    if report.unreachable:
        counts.append(f"{report.unreachable} payments of connections that have ended")
    if report.refunds:
        counts.append(f"{report.refunds} refunds")
    if report.refunds_unreadable:
        counts.append(f"{report.refunds_unreadable} refunds on accounts that are not connected")
    if report.series:
        counts.append(f"{report.series} series")
    if report.series_unreadable:
        counts.append(f"{report.series_unreadable} series on accounts that are not connected")
    if report.series_answered:
        counts.append(f"{report.series_answered} approvals of series that differ and a person has looked at")
    if report.series_untold:
        counts.append(f"{report.series_untold} series whose dates bunq does not show")
    if report.closed_without_payment:
        counts.append(f"{report.closed_without_payment} closed drafts without a payment")
    counts.append(f"{len(report.differences)} differences")
    if not report.is_complete:
        counts.append("NOT COMPLETE: the bank could not be read to the end")
    return f"reconcile: {', '.join(counts)}"


def _as_json(report: Report, deeds: list[str]) -> dict[str, Any]:
    return {
        "payments": report.payments,
        "drafts": report.drafts,
        "elsewhere": report.elsewhere,
        "unreachable": report.unreachable,
        "closed_without_payment": report.closed_without_payment,
        "refunds": report.refunds,
        "refunds_unreadable": report.refunds_unreadable,
        "series": report.series,
        "series_unreadable": report.series_unreadable,
        "series_answered": report.series_answered,
        "series_dates": report.series_dates,
        "series_untold": report.series_untold,
        "notes": report.notes,
        "complete": report.is_complete,
        "unread": report.unread,
        "repaired": deeds,
        "differences": [difference.as_json() for difference in report.differences],
    }


def _exit_code(report: Report) -> int:
    if not report.is_complete:
        return UNREAD
    return DIFFERENT if report.differences else SAME
