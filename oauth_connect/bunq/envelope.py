"""The envelope around bunq's answers, read as if a stranger had written it.

`Response` is an array of one-key objects, or a single such object; any field may be null or missing; unknown keys and
object types come without notice and are passed over. A value of the wrong type makes the answer unreadable.
Source: bunq documentation "Responses"; the single object was seen by clients in production.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

# Ids are stored in 64-bit columns.
ID_MAX = 2**63 - 1
TEXT_MAX = 1000
PEM_MAX = 20_000
TYPE_MAX = 60

T = TypeVar("T")


class Unreadable(Exception):
    """The answer is not what bunq's documentation describes. Its text names fields and types, never values."""


def parse_json(body: bytes) -> object:
    """The JSON value in `body`. Raises Unreadable; what could not be read is not in the error, it may hold a secret."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    raise Unreadable("the body is not JSON")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Fields:
    """One object of an answer.

    Each reader gives a checked value or raises Unreadable; those named `optional_*` give None for null.
    """

    kind: str
    _values: Mapping[str, object] = field(repr=False)

    @classmethod
    def of(cls, kind: str, value: object) -> "Fields":
        if not isinstance(value, dict):
            raise Unreadable(f"{kind} is not an object")
        return cls(kind, value)

    def identifier(self, key: str) -> int:
        return self._required(key, self.optional_identifier(key))

    def optional_identifier(self, key: str) -> int | None:
        value = self.optional_integer(key)
        if value is not None and not 1 <= value <= ID_MAX:
            raise Unreadable(f"{self.kind}.{key} is out of range")
        return value

    def optional_integer(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise Unreadable(f"{self.kind}.{key} is not an integer")
        return value

    def optional_boolean(self, key: str) -> bool | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise Unreadable(f"{self.kind}.{key} is neither true nor false")
        return value

    def text(self, key: str) -> str:
        return self._required(key, self.optional_text(key))

    def optional_text(self, key: str) -> str | None:
        """One line of printable characters: anything else has no business in a status, an IBAN or an address."""
        value = self._string(key, TEXT_MAX)
        if value is not None and not value.isprintable():
            raise Unreadable(f"{self.kind}.{key} holds control characters")
        return value or None

    def token(self, key: str) -> str:
        return self._required(key, self.optional_token(key))

    def optional_token(self, key: str) -> str | None:
        """A secret that will travel in a header or a URL: printable ASCII without blanks."""
        value = self.optional_text(key)
        if value is not None and (not value.isascii() or " " in value):
            raise Unreadable(f"{self.kind}.{key} is not a token")
        return value

    def pem(self, key: str) -> str:
        return self._required(key, self._string(key, PEM_MAX))

    def optional_object(self, key: str) -> "Fields | None":
        value = self._values.get(key)
        return None if value is None else Fields.of(f"{self.kind}.{key}", value)

    def anchored(self, key: str) -> "tuple[str, Fields] | None":
        """The one object in an object whose key names its type, as `{"Payment": {…}}`; an empty one counts as null."""
        value = self._values.get(key)
        if not value and isinstance(value, list | dict | None):
            return None
        if not isinstance(value, dict):
            raise Unreadable(f"{self.kind}.{key} is not an object")
        found = [(kind, inner) for kind, inner in value.items() if inner is not None]
        if len(found) != 1 or not found[0][0].isascii() or not found[0][0].isalnum():
            raise Unreadable(f"{self.kind}.{key} does not hold one object")
        return found[0][0][:TYPE_MAX], Fields.of(f"{self.kind}.{key}", found[0][1])

    def holds(self, key: str) -> bool:
        """Whether anything but null is there."""
        return self._values.get(key) is not None

    @property
    def is_empty(self) -> bool:
        return not self._values

    def objects(self, key: str) -> list["Fields"]:
        """The objects of an array; null counts as empty."""
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(f"{self.kind}.{key} is not an array")
        return [Fields.of(f"{self.kind}.{key}", member) for member in value]

    def members(self) -> Iterator["Fields"]:
        """The values of this object that are objects themselves."""
        for value in self._values.values():
            if isinstance(value, dict):
                yield Fields(f"{self.kind} member", value)

    def _string(self, key: str, longest: int) -> str | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest:
            raise Unreadable(f"{self.kind}.{key} is not a string of at most {longest} characters")
        return value

    def _required(self, key: str, value: T | None) -> T:
        if value is None:
            raise Unreadable(f"{self.kind}.{key} is missing")
        return value


@dataclass(frozen=True)
class Envelope:
    """A readable answer: its entries in bunq's order, and the id that leads to the next older page."""

    entries: tuple[tuple[str, object], ...] = field(repr=False)
    older_id: int | None

    def all(self, *kinds: str) -> list[Fields]:
        """Every entry of one of these kinds, in order."""
        return [Fields.of(kind, value) for kind, value in self.entries if kind in kinds]

    def optional(self, *kinds: str) -> Fields | None:
        """The one entry of these kinds, or None. Two would be a riddle."""
        found = self.all(*kinds)
        if len(found) > 1:
            raise Unreadable(f"more than one {kinds[0]}")
        return found[0] if found else None

    def one(self, *kinds: str) -> Fields:
        found = self.optional(*kinds)
        if found is None:
            raise Unreadable(f"no {kinds[0]}")
        return found


def read_envelope(body: bytes) -> Envelope:
    """The answer in `body`, the bytes of a 200 whose signature holds. Raises Unreadable."""
    document = parse_json(body)
    if not isinstance(document, dict) or not isinstance(document.get("Response"), list | dict):
        raise Unreadable("there is no Response")
    response = document["Response"]
    members = [response] if isinstance(response, dict) else response
    entries: list[tuple[str, object]] = []
    for member in members:
        if not isinstance(member, dict):
            raise Unreadable("Response holds something that is not an object")
        entries.extend(member.items())
    return Envelope(tuple(entries), _older_id(document.get("Pagination")))


def _older_id(pagination: object) -> int | None:
    """Only a number is taken from bunq's page address; host and path of an answer are never followed."""
    if pagination is None:
        return None
    url = Fields.of("Pagination", pagination).optional_text("older_url")
    if url is None:
        return None
    try:
        values = parse_qs(urlsplit(url).query).get("older_id", [])
    except ValueError:
        values = []
    if len(values) != 1 or not values[0].isascii() or not values[0].isdecimal() or len(values[0]) > 19:
        raise Unreadable("Pagination.older_url has no older_id")
    return int(values[0])
