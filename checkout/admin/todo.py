"""The merchant's to-do list: every order that waits for a person, oldest first, with the buttons that answer it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from checkout.admin import todo_series, todo_words
from checkout.admin.order_wishes import ORDER_WISHES
from checkout.admin.payment_wishes import CHECK, LOOKED, PAYER_LOOKED
from checkout.admin.plan_wishes import HANDLED, PAUSE, RESUME
from checkout.admin.refund_wishes import CORRECT, REFUND_WISHES
from checkout.admin.rows import is_superuser, merchants_of
from checkout.admin.wishes import Button, button, buttons
from checkout.models import Order, Payment, Refund
from checkout.plans import missed
from checkout.plans.missed import PlanTask
from checkout.plans.series import to_do
from checkout.services import tasks
from checkout.services.comparing import DIFFERS
from checkout.services.settlement import FLAGS
from checkout.services.tasks import Question, Task
from oauth_connect import clock

# One page; who has more to do begins with the oldest.
SHOWN = 100
_ANSWERS = tuple(wish for wish in ORDER_WISHES if wish.name in ("accept", "refunded"))


@dataclass(frozen=True)
class Row:
    """One order's task as the page shows it."""

    order: Order
    since: datetime
    url: str
    happened: list[str]
    money: list[str]
    to_do: list[str]
    commands: list[str]
    buttons: list[Button]
    payment_buttons: list[tuple[Payment, Button]]
    refund_buttons: list[tuple[Refund, Button]]


def how_many(request: HttpRequest) -> str:
    """What of one's own waits for a person, as `2 orders and 1 plan`; empty if nothing does."""
    if not _may_look(request):
        return ""
    mine = _merchants(request)
    counted = [
        (tasks.count_open(mine), "order"),
        (missed.count_open(mine, clock.now()), "plan"),
        (to_do.count_open(mine), "scheduled payment"),
    ]
    return " and ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counted if count)


@require_safe
def todo_view(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    found = tasks.open_tasks(_merchants(request))
    plans = missed.open_tasks(_merchants(request), clock.now())
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": "To do",
        "rows": [_row(task, request) for task in found[:SHOWN]],
        "plans": [_plan_row(task) for task in plans[:SHOWN]],
        "scheduled": todo_series.payments(_merchants(request), SHOWN),
        "series": todo_series.series(_merchants(request), SHOWN),
        "more": max(0, len(found) - SHOWN) + max(0, len(plans) - SHOWN),
        "several_merchants": merchants_of(request.user).count() > 1,
        "media": Media(css={"all": ["admin_kassa/kassa.css"]}),
    }
    return TemplateResponse(request, "admin/todo.html", context)


def _may_look(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))


def _merchants(request: HttpRequest) -> Any:
    """None for all of them: then nothing need be compared."""
    return None if is_superuser(request) else merchants_of(request.user)


def _row(task: Task, request: HttpRequest) -> Row:
    by = request.user.get_username() if is_superuser(request) else ""
    return Row(
        order=task.order,
        since=task.since,
        url=reverse("admin:checkout_order_change", args=[task.order.pk]),
        happened=todo_words.happened(task),
        money=todo_words.money(task),
        to_do=todo_words.to_do(task),
        commands=todo_words.commands(task, by=by) if by else [],
        buttons=buttons(_ANSWERS, task.order, request.user),
        payment_buttons=list(dict.fromkeys(one for question in task.questions for one in _buttons(question))),
        refund_buttons=[
            (refund, one)
            for refund in (question.refund for question in task.questions)
            if refund is not None
            for one in buttons(REFUND_WISHES, refund, request.user)
            if one.name != CORRECT
        ],
    )


@dataclass(frozen=True)
class PlanRow:
    """One plan that waits for a person as the page shows it."""

    task: PlanTask
    url: str
    buttons: list[Button]


def _plan_row(task: PlanTask) -> PlanRow:
    plan = task.plan
    offered = [one for one in (HANDLED, PAUSE, RESUME) if one.is_offered(plan)]
    return PlanRow(
        task, reverse("admin:checkout_plan_change", args=[plan.pk]), [button(one, plan) for one in offered]
    )


def _buttons(question: Question) -> list[tuple[Payment, Button]]:
    """A flag is answered by the order's buttons; an alert is about one payment."""
    payment = question.payment
    if payment is None or question.refund is not None or question.kind in FLAGS:
        return []
    if question.kind == DIFFERS:
        return [(payment, button(PAYER_LOOKED, payment))]
    wishes = [LOOKED, CHECK] if question.kind in tasks.ASK_FOR_A_LOOK else [CHECK]
    return [(payment, button(wish, payment)) for wish in wishes]
