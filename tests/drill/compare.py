"""Ledger, database, pages and logs against each other: every difference there is."""

from collections.abc import Callable, Iterator

from tests.drill.checks import answers, connections, logs, money, orders, pages, plans, quiet, refunds, series
from tests.drill.checks.books import Books, Difference
from tests.drill.facts import Facts

Check = Callable[[Books], Iterator[str]]

CHECKS: tuple[Check, ...] = (
    money.each_executed_draft_is_one_paid_payment,
    money.each_paid_payment_is_an_executed_draft,
    money.what_moved_is_what_was_asked,
    money.the_ledger_agrees_with_itself,
    money.all_that_moved_for_a_draft_is_known,
    money.no_open_draft_is_left,
    refunds.each_executed_return_is_one_sent_refund,
    refunds.each_refund_sent_by_bunq_is_an_executed_draft,
    refunds.what_went_back_is_what_was_asked,
    refunds.never_more_went_back_than_was_paid,
    refunds.what_counts_as_sent_back_is_what_refunds_claim,
    refunds.no_return_is_left_open,
    refunds.no_refund_is_stuck,
    refunds.events_tell_the_refund,
    plans.each_instalment_is_made_once,
    plans.an_instalment_says_what_its_order_says,
    plans.no_instalment_is_asked_for_too_often,
    plans.no_plan_is_stuck,
    plans.what_a_plan_was_lent_is_destroyed,
    series.each_approved_schedule_is_one_series,
    series.a_series_that_began_was_approved,
    series.nothing_pays_on,
    series.no_series_is_stuck,
    series.each_date_is_paid_at_most_once_by_its_schedule,
    series.what_bunq_was_to_pay_is_known,
    connections.what_has_ended_holds_nothing,
    connections.no_connection_is_stuck,
    connections.no_push_is_hidden,
    orders.paid_orders_are_executed_drafts,
    orders.two_executed_are_flagged,
    orders.late_money_is_flagged,
    orders.what_differs_is_flagged,
    orders.unconsented_money_is_flagged,
    orders.consent_that_came_releases,
    orders.an_exchange_that_is_done_was_done_at_the_bank,
    quiet.no_payment_is_stuck,
    quiet.no_order_is_stuck,
    quiet.no_code_waits,
    quiet.events_tell_the_status,
    quiet.events_tell_the_order,
    quiet.each_flag_has_its_event,
    pages.nothing_taken_was_true,
    pages.paid_was_true,
    pages.the_words_are_those_of_the_state,
    pages.the_last_page_is_true,
    answers.broken_pages_come_from_outages,
    answers.silence_comes_from_kills,
    answers.nobody_is_turned_away,
    logs.no_secret_is_in_a_log,
    logs.tracebacks_come_from_outages,
)


def compare(facts: Facts) -> list[Difference]:
    books = Books(facts)
    return [Difference(check.__name__.replace("_", " "), text) for check in CHECKS for text in check(books)]
