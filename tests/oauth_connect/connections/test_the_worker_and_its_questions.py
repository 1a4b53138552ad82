"""The worker opens and forgets connections beside its other work, and asks the database little while there are none."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.worker.loop import Worker
from oauth_connect import payers, pushes
from oauth_connect.payers import ConnectionStatus
from tests.oauth_connect.connections.people import LABEL, Person, row


def test_a_worker_opens_what_waits_and_forgets_what_is_overdue(person: Person) -> None:
    pk, now = person.allows().pk, timezone.now()
    Worker(threading.Event(), clock=lambda: now).tick()
    assert row(pk).status == ConnectionStatus.ACTIVE
    in_ninety_days = now + timedelta(days=90, minutes=1)
    Worker(threading.Event(), clock=lambda: in_ninety_days).tick()
    assert row(pk).status == ConnectionStatus.REMOVED


@pytest.mark.parametrize(
    ("question", "queries"),
    [
        (lambda: payers.open_waiting(timezone.now()), 1),
        (lambda: payers.forget_overdue(timezone.now()), 1),
        (lambda: payers.kept_for(LABEL), 1),
        (lambda: payers.of_authorization("payment:1"), 1),
        (lambda: pushes.hinted_since(timezone.now()), 1),
    ],
    ids=["open", "overdue", "label", "authorization", "hints"],
)
def test_no_question_reads_a_whole_table(question: Callable[[], object], queries: int) -> None:
    with CaptureQueriesContext(connection) as asked:
        question()
    assert len(asked.captured_queries) == queries
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # so small a table it would simply read
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        for query in asked.captured_queries:
            cursor.execute(f"{explain} {query['sql']}")
            plan = str(cursor.fetchall())
            assert "SCAN " not in plan, plan
            assert "Seq Scan" not in plan, plan
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = on")
