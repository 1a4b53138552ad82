"""What people do with an order page, from the plain to the strange. How often, is the number behind each."""

from tests.drill.pushes import PUSHES
from tests.drill.shopper import Scenario, Shopper, at_once
from tests.drill.town import unknown_iban


def pays(s: Shopper) -> None:
    if s.can_approve():
        s.thinks()
        s.comes_back(s.decides())
        s.watches("paid")


def pays_by_phone(s: Shopper) -> None:
    """The redirect opens in a browser that never saw us; the first page follows."""
    if s.can_approve():
        s.comes_back(s.decides(), s.another_tab(phone=True))
        s.watches("paid")


def approves_everything(s: Shopper) -> None:
    """Strangers' drafts on the same account included."""
    if s.can_approve():
        s.comes_back(s.decides(everything=True))
        s.watches("paid")


def rejects(s: Shopper) -> None:
    if s.can_approve():
        s.comes_back(s.decides("reject"))
        s.watches("try_again")


def rejects_and_pays(s: Shopper) -> None:
    rejects(s)
    pays(s)


def cancels(s: Shopper) -> None:
    """At any moment, whatever the page says then."""
    if s.starts():
        s.thinks(4.0)
        s.tab.poll()
        s.tab.press("cancel")
        s.watches("try_again")


def cancels_and_pays_otherwise(s: Shopper) -> None:
    cancels(s)
    if s.starts(s.rng.choice(s.town.payers)) and s.watches("waiting") == "waiting":
        s.comes_back(s.decides())
        s.watches("paid")


def cancels_while_approving(s: Shopper) -> None:
    """One hand on the cancel button, the other in the bunq app."""
    if s.can_approve():
        redirect, phone = s.decides(), s.another_tab(phone=True)
        hands = [lambda: s.tab.press("cancel"), lambda: s.comes_back(redirect, phone)]
        s.rng.shuffle(hands)
        at_once(*hands)
        s.watches("paid", "try_again")


def cancels_then_approves(s: Shopper) -> None:
    if s.can_approve():
        address = s.way_to_bunq()
        draft = s.own_draft()
        s.tab.press("cancel")
        s.comes_back(s.decides(url=address, everything=draft is None))
        s.watches("paid", "try_again")


def approves_and_goes_away(s: Shopper) -> None:
    """Approved in the app, which is then closed: nothing moves. Half of them continue."""
    if s.can_approve():
        s.decides(go_back=False)
        s.thinks(3.0)
        if s.rng.random() < 0.5:
            s.tab.poll()
            s.tab.press("continue")
            s.comes_back(s.decides())
        s.watches("paid")


def never_comes(s: Shopper) -> None:
    s.starts()


def comes_back_twice(s: Shopper) -> None:
    if s.can_approve():
        redirect, other = s.decides(), s.another_tab()
        at_once(lambda: s.comes_back(redirect), lambda: s.comes_back(redirect, other))
        s.comes_back(redirect, other)
        s.watches("paid")


def makes_up_a_code(s: Shopper) -> None:
    """The state is real, the code is not; half of them approve all the same."""
    if s.can_approve():
        address = s.way_to_bunq()
        state = address.partition("state=")[2].partition("&")[0]
        s.comes_back(f"/connect/return?code={'0123456789abcdef' * 4}&state={state}", s.another_tab())
        if s.rng.random() < 0.5:
            s.comes_back(s.decides(url=address))
        s.watches("paid", patience_s=5.0)
        if s.tab.press("continue") is not None:
            s.comes_back(s.decides())
        s.watches("paid")


def makes_up_a_state(s: Shopper) -> None:
    s.starts()
    s.tab.follow(f"/connect/return?code={'0' * 64}&state={'x' * 43}")
    s.watches("paid", patience_s=3.0)


def approves_late(s: Shopper) -> None:
    """The way to bunq was open all the time; the time of the payment was not."""
    if s.can_approve():
        address, draft = s.way_to_bunq(), s.own_draft()
        s.watches("closing", "try_again", "expired", patience_s=s.town.plan.payment_lifetime_s + 5.0)
        redirect = s.decides(url=address, everything=draft is None or s.rng.random() < 0.5)
        s.comes_back(redirect)
        s.watches("paid", "late", patience_s=10.0)


def is_executed_without_us(s: Shopper) -> None:
    """bunq executes though no code of ours was ever exchanged: now, or when the payment is being closed."""
    if s.can_approve():
        draft = s.own_draft()
        if s.rng.random() < 0.5:
            s.watches("closing", "try_again", "expired", patience_s=s.town.plan.payment_lifetime_s + 5.0)
        s.acts_at_bank(draft, "accept")
        s.watches("held", "late")


def bank_lets_it_expire(s: Shopper) -> None:
    if s.can_approve():
        s.acts_at_bank(s.own_draft(), "expire")
        s.watches("try_again")


def sends_the_form_twice(s: Shopper) -> None:
    s.tab.load()
    twin = s.twin_tab()
    typed = {"iban": s.payer, "name": "D. Driller"}
    at_once(lambda: s.tab.press("iban", **typed), lambda: twin.press("iban", **typed))
    twin.poll()
    pays(s)


def two_people_pay(s: Shopper) -> None:
    """The same order in two browsers with two accounts, at once."""
    other, payer = s.another_tab(), s.rng.choice(s.town.payers)
    s.tab.load()
    other.load()
    at_once(
        lambda: s.tab.press("iban", iban=s.payer, name="D. Driller"),
        lambda: other.press("iban", iban=payer, name="E. Else"),
    )
    if s.watches("waiting") == "waiting":
        if s.own_draft() is None:
            s.payer = payer
        s.comes_back(s.decides())
        other.poll()
        s.watches("paid")


def buys_the_same_twice(s: Shopper) -> None:
    """Two orders that the bank's listing cannot tell apart, started at once; approved one by one, or together."""
    other = s.with_another_order()
    at_once(s.starts, other.starts)
    at_once(lambda: s.watches("waiting"), lambda: other.watches("waiting"))
    together = s.rng.random() < 0.5
    s.comes_back(s.decides(everything=together))
    if not together:
        other.comes_back(other.decides())
    at_once(lambda: s.watches("paid"), lambda: other.watches("paid", patience_s=15.0))


def is_poor(s: Shopper) -> None:
    s.payer = s.rng.choice(s.town.poor)
    pays(s)


def mistypes(s: Shopper) -> None:
    """An account that nobody has: bunq refuses; then the right one."""
    s.starts(unknown_iban(s.rng.randrange(1000)))
    if s.watches("try_again") == "try_again" and s.starts(s.order.payer):
        pays(s)


def shop_cancels(s: Shopper) -> None:
    """While the shopper decides."""
    if s.can_approve():
        redirect = s.decides()
        works = [s.shop_cancels, lambda: s.comes_back(redirect)]
        at_once(*(works if s.rng.random() < 0.7 else works[:1]))
        s.watches("cancelled", "paid", "late")


def reloads_all_the_time(s: Shopper) -> None:
    if s.can_approve():
        s.comes_back(s.decides())
        for _ in range(20):
            s.tab.load()
            s.town.pause(0.1)
        s.watches("paid")


_ALL: dict[Scenario, int] = {
    pays: 24,
    pays_by_phone: 8,
    approves_everything: 6,
    rejects: 3,
    rejects_and_pays: 4,
    cancels: 5,
    cancels_and_pays_otherwise: 6,
    cancels_while_approving: 5,
    cancels_then_approves: 4,
    approves_and_goes_away: 5,
    never_comes: 4,
    comes_back_twice: 4,
    makes_up_a_code: 4,
    makes_up_a_state: 1,
    approves_late: 4,
    is_executed_without_us: 4,
    bank_lets_it_expire: 2,
    sends_the_form_twice: 5,
    two_people_pay: 5,
    buys_the_same_twice: 8,
    is_poor: 3,
    mistypes: 3,
    shop_cancels: 4,
    reloads_all_the_time: 2,
    **PUSHES,
}


def scenarios(wanted: frozenset[str]) -> dict[Scenario, int]:
    """Those that are named, or all; with how often each is played."""
    return {
        scenario: weight for scenario, weight in _ALL.items() if not wanted or scenario.__name__ in wanted
    }
