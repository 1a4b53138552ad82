"""A plan as its page shows it, and what its templates need."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from checkout import mail
from checkout.forms import PaymentForm
from checkout.models import Plan
from checkout.plans import funds
from checkout.plans.page import PlanPage, see_plan
from checkout.services.pages import payment_seen
from checkout.views.remembered_cookie import label_shown
from oauth_connect import clock
from oauth_connect.brought import brought_by


class AgreementForm(forms.Form):
    terms = forms.RegexField(r"^[0-9a-f]{64}$")
    email = forms.EmailField(
        label="Your e-mail address for reminders (optional)",
        required=False,
        max_length=254,  # as much as is kept of one
        error_messages={"invalid": "This is not an e-mail address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


def look_at_plan(request: HttpRequest, token: str) -> PlanPage:
    """The page of this plan now, as this browser sees it. Tells the worker that somebody is looking."""
    now = clock.now()
    page = see_plan(token, now)
    if page is None:
        raise Http404
    for one in page.reading.made:
        if one.payment_pk is not None:
            payment_seen(one.payment_pk, one.seen_at, now)
    warned = funds.standing(page, brought=brought_by(request), label=label_shown(request))
    return replace(page, warned=warned)


def context_of(
    page: PlanPage, form: AgreementForm | None = None, payer: PaymentForm | None = None
) -> dict[str, Any]:
    """What the templates of a state may use."""
    return {
        "page": page,
        "plan": page.plan,
        "merchant": page.plan.merchant,
        "form": form or AgreementForm(initial={"email": page.plan.payer_email}),
        "payer_form": payer or first_form(),
        "asks_email": bool(page.plan.remind_days) and mail.can_send(),
    }


def first_form(sent: QueryDict | None = None) -> PaymentForm:
    """Without the box to be remembered: the plan's terms have said what is kept."""
    form = PaymentForm(sent)
    del form.fields["remember"]
    return form


def to_the_plan(request: HttpRequest, plan: Plan, sentence: str = "") -> HttpResponse:
    """Back to the plan's page, which shows how things stand, with one sentence why nothing else happened."""
    if sentence:
        messages.info(request, sentence)
    return HttpResponseRedirect(plan.get_absolute_url(), status=303)
