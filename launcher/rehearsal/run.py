"""Play scenarios against one installation and say how each went."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import requests

from launcher.installation import Installation
from launcher.rehearsal.people import order_in_demo_shop
from launcher.rehearsal.scenarios import SCENARIOS, NewOrder, Scenario
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk

Say = Callable[[str], None]


def play(scenario: Scenario, new_order: NewOrder, say: Say) -> bool:
    """One scenario, one line. True when it ended as it should."""
    walk = Walk(scenario.name)
    failure = ""
    try:
        scenario.play(walk, new_order)
    except (StepFailed, LookupError, ValueError, requests.RequestException) as reason:
        failure = f"{type(reason).__name__}: {reason}"
    say(walk.line(failure))
    return not failure


def rehearse_own(folder: Path, say: Say, *, scenarios: Sequence[Scenario] = SCENARIOS) -> list[bool]:
    """With a bank, shop and worker of its own in `folder`, gone afterwards."""
    with Installation(folder, say=lambda line: say(f"        {line}")) as kassa:
        return list(_play_on(kassa, scenarios, say))


def _play_on(kassa: Installation, scenarios: Sequence[Scenario], say: Say) -> Iterator[bool]:
    for scenario in scenarios:
        if scenario.lifetime_s is not None:
            lifetime = str(scenario.lifetime_s)
            kassa.restart_with({"ORDER_LIFETIME_S": lifetime, "PAYMENT_LIFETIME_S": lifetime})
        yield play(scenario, lambda visitor: order_in_demo_shop(visitor, kassa.url), say)


def rehearse_running(base_url: str, order_urls: Sequence[str], say: Say) -> list[bool]:
    """Against a running installation whose bank is the sandbox bank: with its demo shop, or with payment links."""
    playable = [scenario for scenario in SCENARIOS if scenario.lifetime_s is None]
    for scenario in SCENARIOS:
        if scenario not in playable:
            say(f"left out {scenario.name:<26} needs short lifetimes; `make rehearse` alone plays it")
    if not order_urls:
        return [
            play(scenario, lambda visitor: order_in_demo_shop(visitor, base_url), say)
            for scenario in playable
        ]
    for scenario in playable[len(order_urls) :]:
        say(f"left out {scenario.name:<26} no payment link left for it")
    return [
        play(scenario, _link(order_url), say)
        for scenario, order_url in zip(playable, order_urls, strict=False)
    ]


def _link(order_url: str) -> NewOrder:
    def given(visitor: Visitor) -> str:
        return order_url

    return given
