"""What people do who have their bank remembered, and pay by a push to their phone."""

from tests.drill.regulars import Regular
from tests.drill.shopper import Scenario, Shopper, at_once


def becomes_a_regular(s: Shopper) -> None:
    """Ticks the box, pays by scanning; from then on this browser is known."""
    if s.can_approve(remember=True):
        s.comes_back(s.decides())
        s.watches("paid")
    s.town.regulars.give(Regular(s.tab.jar, s.payer))


def pays_by_push(s: Shopper) -> None:
    if _is_asked(s):
        s.thinks()
        s.answers(s.own_push())
        s.watches("paid")
    _leaves(s)


def rejects_the_push(s: Shopper) -> None:
    """Half of them want it once more."""
    if _is_asked(s):
        s.answers(s.own_push(), "reject")
        if s.watches("try_again") == "try_again" and s.rng.random() < 0.5 and _asks_again(s):
            s.answers(s.own_push())
            s.watches("paid")
    _leaves(s)


def scans_instead(s: Shopper) -> None:
    """While the push waits; a third of them approve it at that very moment."""
    if _is_asked(s):
        draft = s.own_push()
        hands = [lambda: s.tab.press("Scan instead"), lambda: s.answers(draft)]
        at_once(*(hands if s.rng.random() < 0.33 else hands[:1]))
        if s.watches("try_again", "paid") == "try_again" and s.can_approve():
            s.comes_back(s.decides())
        s.watches("paid")
    _leaves(s)


def cancels_the_push(s: Shopper) -> None:
    """At any moment; some find it on the phone afterwards, and approve what they find."""
    if _presses(s):
        s.thinks(3.0)
        draft = s.own_push()
        s.tab.poll()
        s.tab.press("Cancel this payment")
        if s.rng.random() < 0.5:
            s.answers(draft)
        s.watches("try_again", "paid")
    _leaves(s)


def cancels_the_push_while_approving(s: Shopper) -> None:
    if _is_asked(s):
        draft = s.own_push()
        hands = [lambda: s.tab.press("Cancel this payment"), lambda: s.answers(draft)]
        s.rng.shuffle(hands)
        at_once(*hands)
        s.watches("paid", "try_again")
    _leaves(s)


def presses_twice(s: Shopper) -> None:
    """In two tabs of one browser, at once."""
    if _sees_account(s):
        twin = s.twin_tab()
        twin.load()
        account = s.tab.buttons("account")[0].value
        at_once(
            lambda: s.tab.press("account", account=account), lambda: twin.press("account", account=account)
        )
        if s.watches("push_waiting") == "push_waiting":
            s.answers(s.own_push())
        twin.poll()
        s.watches("paid")
    _leaves(s)


def pushes_and_scans_at_once(s: Shopper) -> None:
    """The button in one tab, the form in the other: one of them is first."""
    if _sees_account(s):
        twin = s.twin_tab()
        twin.load()
        account = s.tab.buttons("account")[0].value
        at_once(
            lambda: s.tab.press("account", account=account),
            lambda: twin.press("iban", iban=s.payer, name="D. Driller"),
        )
        if s.watches("push_waiting", "waiting") == "push_waiting":
            s.answers(s.own_push())
        else:
            s.comes_back(s.decides())
        s.watches("paid")
    _leaves(s)


def revokes_in_the_middle(s: Shopper) -> None:
    """Removes us in the app while the push waits there; approves it all the same, declines it, or forgets about it.
    Then connects again with another order, which shows us what became of the first.
    """
    if _is_asked(s):
        draft = s.own_push()
        s.revokes()
        what = s.rng.choice(("accept", "reject", ""))
        if what:
            s.answers(draft, what)
        s.watches("connection_gone", "paid", "try_again", patience_s=15.0)
        other = s.with_another_order()
        other.tab.jar = s.tab.jar
        becomes_a_regular(other)
        s.watches("paid", "try_again")
        return
    _leaves(s)


def forgets_in_the_middle(s: Shopper) -> None:
    """Lets this browser forget the bank while the push waits; some approve it at that moment."""
    if _is_asked(s):
        draft = s.own_push()
        word = s.rng.choice(("Not me", "Forget"))
        hands = [lambda: s.tab.aside("/remembered", word), lambda: s.answers(draft)]
        at_once(*(hands if s.rng.random() < 0.5 else hands[:1]))
        s.watches("paid", "try_again")


def lets_the_push_wait(s: Shopper) -> None:
    """Until its time is over; approves it then, if it is still there."""
    if _is_asked(s):
        draft = s.own_push()
        s.watches("closing", "try_again", "expired", patience_s=s.town.plan.payment_lifetime_s + 5.0)
        s.answers(draft)
        s.watches("paid", "late", patience_s=10.0)
    _leaves(s)


def _sees_account(s: Shopper) -> bool:
    """In the browser of a regular, with the account on the page; whoever is none yet becomes one."""
    regular = s.town.regulars.take(s.rng)
    if regular is None:
        becomes_a_regular(s)
        return False
    s.tab.jar, s.payer = regular.jar, regular.payer
    s.tab.load()
    if s.tab.buttons("account"):
        s.is_known = True
        return True
    becomes_a_regular(s)
    return False


def _presses(s: Shopper) -> bool:
    return _sees_account(s) and _asks(s)


def _is_asked(s: Shopper) -> bool:
    """The push waits on the phone."""
    return _presses(s) and s.watches("push_waiting") == "push_waiting"


def _asks_again(s: Shopper) -> bool:
    s.tab.load()
    return _asks(s) and s.watches("push_waiting") == "push_waiting"


def _asks(s: Shopper) -> bool:
    accounts = s.tab.buttons("account")
    if not accounts:
        return False
    s.tab.press("account", account=s.rng.choice(accounts).value)
    return True


def _leaves(s: Shopper) -> None:
    """For the next one who comes in this browser."""
    if s.is_known:
        s.town.regulars.give(Regular(s.tab.jar, s.payer))


PUSHES: dict[Scenario, int] = {
    becomes_a_regular: 16,
    pays_by_push: 20,
    rejects_the_push: 6,
    scans_instead: 8,
    cancels_the_push: 5,
    cancels_the_push_while_approving: 6,
    presses_twice: 6,
    pushes_and_scans_at_once: 4,
    revokes_in_the_middle: 5,
    forgets_in_the_middle: 3,
    lets_the_push_wait: 3,
}
