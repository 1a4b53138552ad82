"""Log lines carry ids, stay on one line, and lose every secret on the way."""

import json
import logging
from types import TracebackType

import pytest

from config.logging import RemoveSecrets, logging_configuration, without_secrets

CANARY = "canary-7f3a9c"


def written(
    style: str, message: str, *args: object, extra: dict[str, object] | None = None, fail: str = ""
) -> str:
    """The text that the configured handler would write for one record."""
    configured = logging_configuration(level="INFO", style=style)
    formatter = configured["formatters"]["structured"]["()"]()
    record = logging.getLogger("checkout.test").makeRecord(
        "checkout.test",
        logging.INFO,
        __file__,
        1,
        message,
        args,
        _failure(fail) if fail else None,
        extra=extra,
    )
    assert RemoveSecrets().filter(record)
    text: str = formatter.format(record)
    return text


def _failure(text: str) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        raise ValueError(text)
    except ValueError as failure:
        return type(failure), failure, failure.__traceback__


@pytest.mark.parametrize("name", ["code", "client_secret", "state", "access_token", "CODE"])
def test_secret_query_values_are_removed(name: str) -> None:
    cleaned = without_secrets(f'GET "/connect/return?a=1&{name}={CANARY}&b=2" took 3 ms')
    assert CANARY not in cleaned
    assert cleaned.endswith('&b=2" took 3 ms')


def test_other_values_stay() -> None:
    text = "status_code=200 zip_code=1011AB country=NL"
    assert without_secrets(text) == text


def test_order_tokens_are_removed_from_paths() -> None:
    assert without_secrets("/orders/dGhpcyBpcyBhIHRva2Vu/status") == "/orders/[removed]/status"


def test_plan_tokens_are_removed_from_paths() -> None:
    assert without_secrets("/plans/dGhpcyBpcyBhIHRva2Vu/agree") == "/plans/[removed]/agree"


@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_vanish_from_message_arguments_extra_and_traceback(style: str) -> None:
    line = written(
        style,
        "asked %s",
        f"https://bank/v1/token?code={CANARY}",
        extra={"url": f"?client_secret={CANARY}", "asked": {"query": f"state={CANARY}"}},
        fail=f"no answer from /v1/token?state={CANARY}",
    )
    assert CANARY not in line
    assert "[removed]" in line
    assert "ValueError" in line


def test_text_lines_carry_ids_as_key_and_value() -> None:
    line = written("text", "payment is %s", "pending", extra={"order_id": 12, "payment_id": 17, "why": "a b"})
    assert line.endswith('INFO checkout.test payment is pending order_id=12 payment_id=17 why="a b"')


def test_a_message_cannot_forge_a_second_line() -> None:
    assert "\n" not in written("text", "name is %s", "x\nERROR forged", extra={"name_typed": "a\nb"})


def test_json_lines_are_objects() -> None:
    entry = json.loads(written("json", "paid", extra={"order_id": 12}))
    assert (entry["message"], entry["order_id"], entry["level"]) == ("paid", 12, "INFO")
    assert entry["time"].endswith("Z")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="LOG_FORMAT"):
        logging_configuration(level="INFO", style="xml")
