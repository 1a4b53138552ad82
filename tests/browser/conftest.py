"""A whole installation as processes, and a real Chromium in front of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, ViewportSize

from launcher.installation import Installation
from tests.browser.people import Bank

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def kassa(
    tmp_path_factory: pytest.TempPathFactory, installation_database: Callable[[], str]
) -> Iterator[Installation]:
    installation = Installation(
        tmp_path_factory.mktemp("kassa"),
        limits="off",
        control=True,
        settings={"ATTEMPTS_PER_IBAN_PER_HOUR": "10000", "ATTEMPTS_PER_BROWSER_PER_HOUR": "10000"},
        web_processes=1,
        database_url=installation_database(),
    )
    with installation as running:
        yield running


@pytest.fixture(scope="session")
def bank(kassa: Installation) -> Bank:
    return Bank(kassa.bank_url)


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[NewContext]:
    """Browsers of different people: each with its own cookies. What the console complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location}")

    def make(*, phone: bool = False, javascript: bool = True, **how: Any) -> BrowserContext:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=javascript,
            **how,
        )
        context.set_default_timeout(30_000)
        context.on("console", complain)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    # A form that was not accepted, and a proxy before us that a test plays: only tests answer 502.
    assert [text for text in complaints if "422" not in text and "502" not in text] == []
