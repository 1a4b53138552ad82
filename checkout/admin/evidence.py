"""The bank's answers for people to read: indented, and without anything that opens a door.

Answers are stored without secrets already. This is the second lock: what slipped through is not shown either.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

REMOVED = "[removed]"

_SECRET_NAMES = re.compile(
    r"token|secret|password|private|signature|api[_-]?key|authorization|cookie|credential|^code$|^state$",
    re.IGNORECASE,
)
_SECRET_PARAMETERS = re.compile(
    r"\b((?:code|state|client_secret|access_token|refresh_token|token|secret)=)[^&\s\"'<>]+", re.IGNORECASE
)
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)


def without_secrets(value: Any) -> Any:
    """The same JSON value with secrets replaced, by the name they stand under or by their look."""
    if isinstance(value, Mapping):
        return {
            name: REMOVED if _SECRET_NAMES.search(str(name)) and item else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    if isinstance(value, str):
        return text_without_secrets(value)
    return value


def text_without_secrets(text: str) -> str:
    return _PEM.sub(REMOVED, _SECRET_PARAMETERS.sub(rf"\g<1>{REMOVED}", text))


def pretty(value: Any) -> str:
    """`value` as indented JSON, safe to show; empty for nothing."""
    if value in (None, "", {}, []):
        return ""
    return json.dumps(without_secrets(value), indent=2, ensure_ascii=False, sort_keys=False)


def pretty_text(text: str) -> str:
    """A stored body: indented when it is JSON, as it is otherwise."""
    try:
        return pretty(json.loads(text))
    except ValueError:
        return text_without_secrets(text)
