"""Play scenarios against one installation and say how each went."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from launcher.installation import Installation
from launcher.processes import LauncherError
from launcher.rehearsal.scenarios import SCENARIOS, Scenario
from launcher.rehearsal.walk import NAME_WIDTH, PATIENCE_S, StepFailed, Walk
from launcher.rehearsal.world import NewOrder, World, in_demo_shop

Say = Callable[[str], None]
# As strict as bunq, but for new sessions: of them bunq opens one in 30 seconds, and these walks need about fifteen.
QUICK_LIMITS = "GET=3/3,POST=5/3,PUT=2/3,SESSION=1/2"
_STRICT_WINDOW_S, _QUICK_WINDOW_S = 30, 2
# Seconds that a page may take to follow what needs several sessions in turn.
_WINDOWS_IN_LINE = 4


@dataclass(frozen=True)
class Played:
    """How one scenario went. `took_s`: with all of its waiting, in seconds."""

    name: str
    passed: bool
    took_s: float

    def row(self) -> str:
        return f"{self.name:<{NAME_WIDTH}} {self.took_s:6.1f} s  {'passed' if self.passed else 'FAILED'}"


def play(scenario: Scenario, world: World, say: Say, patience_s: float = PATIENCE_S) -> Played:
    """One scenario: its line, then what people saw."""
    began = time.monotonic()
    walk = Walk(scenario.name, patience_s)
    failure = ""
    try:
        scenario.play(walk, world)
    except (StepFailed, LookupError, ValueError, requests.RequestException, LauncherError) as reason:
        failure = f"{type(reason).__name__}: {reason}"
    say(walk.line(failure))
    return Played(scenario.name, not failure, time.monotonic() - began)


def rehearse_own(
    folder: Path,
    say: Say,
    *,
    patience_s: float = PATIENCE_S,
    strict: bool = False,
    only: Sequence[str] = (),
) -> list[Played]:
    """With a bank, shop and worker of its own in `folder`, gone afterwards.

    `strict`: new sessions are as rare as bunq's, and it takes as long as that takes. `only`: names of scenarios.
    """
    limits, window_s = ("strict", _STRICT_WINDOW_S) if strict else (QUICK_LIMITS, _QUICK_WINDOW_S)
    say(
        f"        bunq's strict limits, but one new session in {window_s} s"
        + ("" if strict else " (bunq: 30 s; --strict takes that long)")
    )
    chosen = [scenario for scenario in SCENARIOS if not only or scenario.name in only]
    with Installation(
        folder, limits=limits, control=True, web_processes=1, say=lambda line: say(f"        {line}")
    ) as kassa:
        world = World(in_demo_shop(kassa.url), kassa, float(window_s * _WINDOWS_IN_LINE))
        return [_play_on(kassa, scenario, world, say, patience_s) for scenario in chosen]


def _play_on(kassa: Installation, scenario: Scenario, world: World, say: Say, patience_s: float) -> Played:
    if scenario.lifetime_s is not None:
        lifetime = str(scenario.lifetime_s)
        kassa.restart_with({"ORDER_LIFETIME_S": lifetime, "PAYMENT_LIFETIME_S": lifetime})
    return play(scenario, world, say, patience_s)


def rehearse_running(
    base_url: str, order_urls: Sequence[str], say: Say, *, patience_s: float = PATIENCE_S
) -> list[Played]:
    """Against a running installation whose bank is the sandbox bank: with its demo shop, or with payment links."""
    playable = [scenario for scenario in SCENARIOS if not scenario.needs]
    for scenario in SCENARIOS:
        if scenario.needs:
            say(
                f"left out {scenario.name:<{NAME_WIDTH}} needs {scenario.needs}; `make rehearse` alone plays it"
            )
    if not order_urls:
        orders = [in_demo_shop(base_url)] * len(playable)
    else:
        orders = [_link(order_url) for order_url in order_urls]
        for scenario in playable[len(orders) :]:
            say(f"left out {scenario.name:<{NAME_WIDTH}} no payment link left for it")
    return [
        play(scenario, World(new_order), say, patience_s)
        for scenario, new_order in zip(playable, orders, strict=False)
    ]


def _link(order_url: str) -> NewOrder:
    return lambda visitor: order_url
