"""How a drill is meant to go: how long, how rough, and with which settings of the product."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Told to the bank and, through the installation, to our own budgets: high enough for hundreds of checkouts.
# New sessions are for each payer who wants to be remembered.
LIMITS = "GET=30/3,POST=30/3,PUT=20/3,SESSION=6/3"
# Longer than this an unanswered create has to be unseen before it counts as never made (checkout/services/recovery.py).
SETTLED_AFTER_S = 120.0
# The longest pause between two looks at a payment (checkout/services/outcome.py).
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True)
class Plan:
    """Everything about a drill that does not depend on what happens in it. Times in seconds."""

    seed: int
    seconds: float
    folder: Path
    on_postgresql: bool
    shoppers: int = 14
    payers: int = 60
    # How many shops send money back, and how many payers have a plan.
    refunding: int = 3
    plans: int = 3
    # Of payers with a plan, those who let bunq pay it by its schedule.
    planned: int = 2
    limits: str = LIMITS
    webs: int = 2
    workers: int = 3
    # Between two kills, on average; and how long the killed one stays away at most.
    kill_every_s: float = 8.0
    away_at_most_s: float = 4.0
    # One factor on the rates of all faults.
    roughness: float = 1.0
    # Faults by name that are left out.
    without: frozenset[str] = frozenset()
    payment_lifetime_s: int = 30
    order_lifetime_s: tuple[int, int] = (25, 70)
    grace_s: int = 8
    lease_s: int = 20
    # How long a shopper watches the page for what should come next.
    patience_s: float = 40.0
    settle_at_most_s: float = 420.0
    in_peace: int = 3
    # A worker may also fall asleep for longer than its leases last.
    with_sleep: bool = True
    # What shoppers do, by name; none named: everything.
    scenarios: frozenset[str] = frozenset()
    # In the end the shop cancels what nobody has paid, instead of waiting until its time is over.
    closes_early: bool = False

    @property
    def settings(self) -> Mapping[str, str]:
        """Environment of the product."""
        return {
            "PAYMENT_LIFETIME_S": str(self.payment_lifetime_s),
            "ORDER_LIFETIME_S": str(self.order_lifetime_s[1]),
            "ORDER_EXPIRY_GRACE_S": str(self.grace_s),
            "LEASE_S": str(self.lease_s),
            "BUNQ_CONNECT_TIMEOUT_S": "1.0",
            "BUNQ_READ_TIMEOUT_S": "3.0",
            "ATTEMPTS_PER_IBAN_PER_HOUR": "1000000",
            "ATTEMPTS_PER_BROWSER_PER_HOUR": "1000000",
        }


_QUICK = frozenset(
    {
        "pays",
        "pays_by_phone",
        "approves_everything",
        "rejects_and_pays",
        "cancels_while_approving",
        "cancels_then_approves",
        "approves_and_goes_away",
        "never_comes",
        "comes_back_twice",
        "makes_up_a_code",
        "sends_the_form_twice",
        "two_people_pay",
        "buys_the_same_twice",
        "is_poor",
        "shop_cancels",
        "becomes_a_regular",
        "pays_by_push",
        "rejects_the_push",
        "scans_instead",
        "presses_twice",
        "cancels_the_push_while_approving",
    }
)


def short(seed: int, folder: Path, *, on_postgresql: bool) -> Plan:
    """For `make test`: as a long one, but nobody waits for the end of anything that lasts.

    So orders live for longer than the drill, and nobody cancels a payment while its answer is lost: such a one is
    watched for two minutes before it counts as never made.
    """
    return Plan(
        seed=seed,
        seconds=8.0,
        folder=folder,
        on_postgresql=on_postgresql,
        shoppers=8,
        payers=16,
        refunding=1,
        plans=1,
        planned=1,
        webs=2,
        workers=2,
        kill_every_s=1.6,
        away_at_most_s=0.5,
        roughness=4.0,
        # Whether bunq has the first one, or has a refund that it refused, is known after two minutes.
        without=frozenset({"duplicate_request_id", "refused"}),
        payment_lifetime_s=120,
        order_lifetime_s=(120, 120),
        grace_s=2,
        lease_s=8,
        patience_s=8.0,
        settle_at_most_s=200.0,
        in_peace=1,
        with_sleep=False,
        scenarios=_QUICK,
        closes_early=True,
    )
