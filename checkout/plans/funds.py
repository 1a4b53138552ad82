"""Warning a payer who looks at the plan's page that there is too little money for the payment to come.

Only in the browser that brought the bank's consent back, and only if it asked to be remembered for this: everybody else
who has the page's link, the shop among them, must not learn anything about somebody's balance. bunq's answer is told
there and nowhere else, and is neither stored nor logged. Anything but a clear no shows nothing.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from checkout import connections
from checkout.conf import configuration
from checkout.models import FundsAsked, Plan, RememberedBrowser
from checkout.plans.moves import write
from checkout.plans.page import PlanPage
from checkout.plans.page_state import Warned
from checkout.plans.statuses import RUNNING
from checkout.services import remembering
from oauth_connect.bunq.types import Money

# A payer may lose a cookie; whoever begins more than that asks for something else.
NEW_BROWSERS_PER_HOUR = 3


def standing(page: PlanPage, *, brought: int, label: str) -> Warned:
    """`brought`: the authorization that this browser brought back. `label`: what its cookie says that it is; the cookie
    was signed by us. No query.
    """
    own = page.reading.own
    if page.plan.state not in RUNNING or own is None or not own.works:
        return Warned.NO
    if page.plan.warned_browser and page.plan.warned_browser == label:
        return Warned.YES
    return Warned.OFFERED if brought == own.authorization_id else Warned.NO


def surely_lacks(plan: Plan, browser: RememberedBrowser, amount: Decimal, now: datetime) -> bool:
    """Whether bunq says that there is not enough money for it. Asked too often, it is not asked at all."""
    if plan.warned_browser != browser.label or plan.connection_pk is None:
        return False
    if not remembering.may_ask_for_funds(browser, now) or not _may_ask(plan, now):
        return False
    return connections.funds(plan.connection_pk, plan.payer_iban, Money(amount, plan.currency)) is False


def may_begin(plan: Plan, now: datetime) -> bool:
    """Whether one more browser may be remembered, only to be warned of this plan, in this hour; it is counted."""
    return remembering.counted_in_hour(
        _counts(plan), "browsers", "browsers_since", most=NEW_BROWSERS_PER_HOUR, now=now
    )


def _may_ask(plan: Plan, now: datetime) -> bool:
    """The same limit for all browsers together: a new cookie must not begin it anew."""
    most = configuration().funds_questions_per_hour
    return remembering.counted_in_hour(_counts(plan), "asked", "asked_since", most=most, now=now)


def _counts(plan: Plan) -> QuerySet[FundsAsked]:
    FundsAsked.objects.get_or_create(plan=plan)
    return FundsAsked.objects.filter(plan=plan)


def warn(plan: Plan, browser: RememberedBrowser) -> bool:
    """From now on this browser is warned, and no other. That the page offered it, the caller knows.

    False if the plan uses another account by now: whoever brought the consent to the one before learns nothing of that.
    """
    mine = Plan.objects.filter(pk=plan.pk, connection_pk=plan.connection_pk, status__in=RUNNING)
    return bool(mine.update(warned_browser=browser.label))


def stop_warning(plan: Plan) -> None:
    write(plan, warned_browser="")


def warned_plans(browser: RememberedBrowser) -> list[Plan]:
    """The plans of which this browser is warned."""
    found = Plan.objects.filter(warned_browser=browser.label, status__in=RUNNING)
    return list(found.select_related("merchant").order_by("pk"))
