"""Every state of a plan's page, on a desktop's and on a phone's screen."""

import os
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from checkout.plans.page_state import PlanPageState
from tests.checkout.pages.states import register
from tests.checkout.plans.states import SCENES
from tests.screens import WIDTHS, must_fit, screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# To look at the pages oneself.
SHOTS = os.environ.get("PAGE_SHOTS", "")


def test_every_state_is_among_them() -> None:
    assert {state for _, state, _ in SCENES} == set(PlanPageState)


@WIDTHS
def test_every_state_of_a_plan_fits(live_server: LiveServer, width: int) -> None:
    register()
    pages = [(name, state, make().get_absolute_url()) for name, state, make in SCENES]
    with screen(width) as (page, complaints):
        for name, state, path in pages:
            page.goto(f"{live_server.url}{path}")
            assert page.get_attribute("[data-state]", "data-state") == state.value, name
            must_fit(page, name)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"plan-{name}-{width}.png", full_page=True)
            assert complaints == [], name
