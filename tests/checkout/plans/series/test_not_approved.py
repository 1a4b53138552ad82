"""The payer declined the approval, or let it lapse: the merchant, who believes that the plan runs, is told."""

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from checkout.models import Event, Merchant, Plan, PlanSeries
from checkout.plans import stopping
from checkout.plans.series import preparing, to_do
from checkout.plans.series.to_do import ToDo
from oauth_connect import clock
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.plans import explained


def tasks(club: SeriesClub) -> list[tuple[Plan, ToDo]]:
    return [(task.series.plan, task.to_do) for task in to_do.series(None, club.now)]


def declined(club: SeriesClub) -> Plan:
    plan = club.asked()
    club.approves(plan, "reject")
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("active", "rejected")
    return plan


def test_a_plan_whose_approval_was_declined_is_somebodys_task_after_three_days(club: SeriesClub) -> None:
    plan = declined(club)
    club.passes(2 * DAY)
    assert tasks(club) == [], "the payer may ask for it themselves"
    club.passes(2 * DAY)
    assert tasks(club) == [(plan, ToDo.UNAPPROVED)]
    of_nobody = Merchant.objects.none()
    assert to_do.series(of_nobody, club.now) == []


def test_one_that_lapsed_too(club: SeriesClub) -> None:
    plan = club.asked()
    club.passes(7 * DAY)
    club.passes(7 * DAY)
    assert club.series(plan).status in ("expired", "cancelled")
    assert tasks(club) == [(plan, ToDo.UNAPPROVED)]


def test_it_is_gone_once_the_approval_is_asked_for_again_and_given(club: SeriesClub) -> None:
    plan = declined(club)
    club.passes(4 * DAY)
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    assert tasks(club) == []
    club.works()
    club.approves(plan)
    club.passes(4 * DAY)
    assert (club.series(plan).status, tasks(club)) == ("scheduled", [])


def test_or_the_plan_is_over(club: SeriesClub) -> None:
    plan = declined(club)
    club.passes(4 * DAY)
    stopping.cancel(plan, source=Event.Source.MERCHANT, by="sam", now=club.now)
    plan.refresh_from_db()
    assert (plan.status, tasks(club)) == ("cancelled", [])


def test_the_list_of_things_to_do_says_what_to_do(club: SeriesClub, client: Client) -> None:
    plan = declined(club)
    client.force_login(User.objects.create_superuser("operator", password="pass-word-1"))
    # The club's clock may be weeks ahead of the page's.
    plan.series.update(final_at=clock.now() - 4 * DAY)
    page = client.get("/admin/todo/").content.decode()
    assert f"Plan {plan.reference}" in page
    assert "has not approved this series" in page


def test_it_is_found_by_an_index(club: SeriesClub) -> None:
    fill(declined(club), 3000)
    with explained(by_indexes=False) as plans:
        assert to_do.series(None, club.now) == []
    (_, unapproved) = plans
    assert "plan_due" in unapproved, unapproved


def fill(plan: Plan, number: int) -> None:
    """So many more plans with a series of the same end, which have a next payment by each approval."""
    (like,) = plan.series.values()
    of_plan = Plan.objects.filter(pk=plan.pk).values().get() | {"next_at": clock.now()}
    names = [f"filled-{one}" for one in range(number)]
    plans = Plan.objects.bulk_create(
        Plan(**of_plan | {"id": None, "token": name, "reference": name}) for name in names
    )
    PlanSeries.objects.bulk_create(
        PlanSeries(
            **like
            | {"id": None, "plan_id": other.pk, "draft_id": None}
            | {"request_id": other.token, "bank_reference": other.token}
        )
        for other in plans
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # SQLite has no figures in the product either
