"""How Kassa logs: one line per record on stderr, with the ids it is about, and never a secret.

    2031-04-05T06:07:08.123Z INFO checkout.worker payment is pending order_id=12 payment_id=17

Give ids as `logger.info("…", extra={"order_id": order.pk, "payment_id": payment.pk})`; every key is written.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

# Query values that are secret wherever they turn up: bunq's token host takes them in its URL.
_SECRET_VALUES = re.compile(
    r"""(?P<name>\b(?:code|client_secret|state|access_token|secret|token_value)=)[^&\s"'<>,)\]]+""",
    re.IGNORECASE,
)
# The token in the path of an order's page lets its holder pay and see the order, that of a plan's page agree to it and
# stop it; that of a callback makes it believed.
_PATH_TOKEN = re.compile(r"(?P<name>/(?:orders|plans)/|/connect/told/\d{1,20}/)[A-Za-z0-9_-]{16,}")
_REMOVED = r"\g<name>[removed]"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Django and gunicorn hang whole objects on their records; their text would repeat URLs and addresses.
_NOT_WRITTEN = frozenset({"request", "server_time", "status_code", "color_message"})


def without_secrets(text: str) -> str:
    """The text with the values of secret query parameters and order tokens removed."""
    return _PATH_TOKEN.sub(_REMOVED, _SECRET_VALUES.sub(_REMOVED, text))


class RemoveSecrets(logging.Filter):
    """Cleans message, arguments, extra values and traceback of a record before any formatter sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = without_secrets("".join(traceback.format_exception(*record.exc_info)).rstrip())
            record.exc_info = None
        if record.stack_info:
            record.stack_info = without_secrets(record.stack_info)
        for name, value in extra_of(record).items():
            # Anything but a number may become a text with a secret in it once it is written.
            if not isinstance(value, int | float | None):
                setattr(record, name, without_secrets(str(value)))
        return True


def extra_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name not in _NOT_WRITTEN and not name.startswith("_")
    }


class _StructuredFormatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(_StructuredFormatter):
    """Time, level, logger, message, then `key=value` but for empty values; blanks are quoted, line breaks escaped."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        words = [self.formatTime(record), record.levelname, record.name, message]
        given = extra_of(record).items()
        words += [f"{name}={_as_word(value)}" for name, value in given if value not in (None, "")]
        line = " ".join(words)
        return f"{line}\n{record.exc_text}" if record.exc_text else line


class JsonFormatter(_StructuredFormatter):
    """One JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **extra_of(record),
        }
        if record.exc_text:
            entry["exception"] = record.exc_text
        return json.dumps(entry, default=str, ensure_ascii=False)


def _as_word(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"=]+", text) else json.dumps(text, ensure_ascii=False)


def logging_configuration(*, level: str, style: str) -> dict[str, Any]:
    """Django's LOGGING. `style` is `text` or `json`."""
    formatters = {"text": TextFormatter, "json": JsonFormatter}
    if style not in formatters:
        raise ValueError(f"LOG_FORMAT must be 'text' or 'json', not {style!r}")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"remove_secrets": {"()": RemoveSecrets}},
        "formatters": {"structured": {"()": formatters[style]}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["remove_secrets"],
                "formatter": "structured",
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write the same line a second time, uncleaned.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # urllib3 writes whole URLs at DEBUG, token exchange included.
            "urllib3": {"level": "INFO"},
        },
    }
