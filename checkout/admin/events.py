"""Events as rows of a page."""

from collections.abc import Iterable
from dataclasses import dataclass

from checkout.admin.evidence import pretty, text_without_secrets
from checkout.models import Event


@dataclass(frozen=True)
class EventRow:
    event: Event
    what: str
    message: str
    answer: str  # the bank's answer as indented JSON, without secrets


def event_rows(events: Iterable[Event]) -> list[EventRow]:
    return [
        EventRow(
            event=event,
            what=event.kind.replace("_", " "),
            message=text_without_secrets(event.message),
            answer=pretty(event.data),
        )
        for event in events
    ]
