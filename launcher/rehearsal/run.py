"""Play scenarios against one installation and say how each went."""

from collections.abc import Callable, Sequence
from pathlib import Path

import requests

from launcher.installation import Installation
from launcher.rehearsal.people import order_in_demo_shop
from launcher.rehearsal.scenarios import SCENARIOS, NewOrder, Scenario
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import PATIENCE_S, StepFailed, Walk

Say = Callable[[str], None]


def play(scenario: Scenario, new_order: NewOrder, say: Say, patience_s: float = PATIENCE_S) -> bool:
    """One scenario, one line. True when it ended as it should."""
    walk = Walk(scenario.name, patience_s)
    failure = ""
    try:
        scenario.play(walk, new_order)
    except (StepFailed, LookupError, ValueError, requests.RequestException) as reason:
        failure = f"{type(reason).__name__}: {reason}"
    say(walk.line(failure))
    return not failure


def rehearse_own(folder: Path, say: Say, *, patience_s: float = PATIENCE_S) -> list[bool]:
    """With a bank, shop and worker of its own in `folder`, gone afterwards."""
    with Installation(folder, say=lambda line: say(f"        {line}")) as kassa:
        return [_play_on(kassa, scenario, say, patience_s) for scenario in SCENARIOS]


def _play_on(kassa: Installation, scenario: Scenario, say: Say, patience_s: float) -> bool:
    if scenario.lifetime_s is not None:
        lifetime = str(scenario.lifetime_s)
        kassa.restart_with({"ORDER_LIFETIME_S": lifetime, "PAYMENT_LIFETIME_S": lifetime})
    return play(scenario, lambda visitor: order_in_demo_shop(visitor, kassa.url), say, patience_s)


def rehearse_running(
    base_url: str, order_urls: Sequence[str], say: Say, *, patience_s: float = PATIENCE_S
) -> list[bool]:
    """Against a running installation whose bank is the sandbox bank: with its demo shop, or with payment links."""
    playable = [scenario for scenario in SCENARIOS if scenario.lifetime_s is None]
    for scenario in SCENARIOS:
        if scenario not in playable:
            say(f"left out {scenario.name:<25} needs short lifetimes; `make rehearse` alone plays it")
    if not order_urls:
        orders: list[NewOrder] = [lambda visitor: order_in_demo_shop(visitor, base_url)] * len(playable)
    else:
        orders = [_link(order_url) for order_url in order_urls]
        for scenario in playable[len(orders) :]:
            say(f"left out {scenario.name:<25} no payment link left for it")
    return [
        play(scenario, new_order, say, patience_s)
        for scenario, new_order in zip(playable, orders, strict=False)
    ]


def _link(order_url: str) -> NewOrder:
    def given(visitor: Visitor) -> str:
        return order_url

    return given
