"""Every address is declared public, with the reason, or asks for a login."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

# What anybody may open, and why that is safe.
PUBLIC = {
    "orders/<order_token:token>/": "a 128-bit token in the path: who has the link may pay",
    "orders/<order_token:token>/pay": "as above",
    "orders/<order_token:token>/pay-remembered": "as above; and only what the browser's own cookie remembers",
    "orders/<order_token:token>/cancel": "as above",
    "orders/<order_token:token>/continue": "as above",
    "orders/<order_token:token>/returned": "as above",
    "orders/<order_token:token>/receipt": "as above",
    "orders/<order_token:token>/status": "as above",
    "orders/<order_token:token>/remembered": "what the browser's own cookie remembers, with a link back to the order",
    "plans/<order_token:token>/": "a 128-bit token in the path: who has the link may agree to the plan and stop it",
    "plans/<order_token:token>/agree": "as above",
    "plans/<order_token:token>/pay": "as above",
    "plans/<order_token:token>/connect": "as above",
    "plans/<order_token:token>/account": "as above",
    "plans/<order_token:token>/cancel": "as above",
    "plans/<order_token:token>/again": "as above",
    "plans/<order_token:token>/returned": "as above",
    "plans/<order_token:token>/status": "as above",
    "plans/<order_token:token>/warn": "as above; and only the browser that brought bunq's consent back",
    "remembered": "shows and forgets only what the browser's own signed cookie remembers",
    "remembered/forget": "as above",
    "remembered/forget-all": "as above",
    "connect/return": "bunq sends payers here, on any device; an unknown state does nothing",
    "connect/told/<int:connection_id>/<str:secret>": "bunq calls back here; who does not know the secret does nothing",
    "healthz": "says only whether orders can be taken",
    "admin/login/": "the login itself",
    "admin/logout/": "ends nothing but the visitor's own session",
    "": "the bare address: a neutral page, or the way to the demo shop",
    "shop/": "demo mode only: a shop window",
}
PUBLIC_FOLDERS = ("shop/",)


def addresses(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every route, as one text from the root."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route


def is_public(route: str) -> bool:
    return route in PUBLIC or route.startswith(PUBLIC_FOLDERS)


def example(route: str) -> str:
    """A path that the route matches."""
    path = re.sub(r"\^?\(\?P<\w+>([^|)]+)[^)]*\)", lambda match: match[1].strip("^"), route)
    path = re.sub(r"\(\?P<url>\.\*\)\$", "anything", path)
    return "/" + re.sub(r"<[^>]+>", "1", path).replace("$", "").replace("^", "").replace(".*", "x")


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(route for route in addresses() if not is_public(route)))
def test_what_is_not_declared_public_asks_for_a_login(route: str, client: Client) -> None:
    for answer in (client.get(example(route)), client.post(example(route))):
        assert answer.status_code == 302, f"{example(route)} answered {answer.status_code}"
        assert answer["Location"].startswith("/admin/login/"), answer["Location"]


def test_public_addresses_exist() -> None:
    missing = set(PUBLIC) - set(addresses())
    assert missing == set()
