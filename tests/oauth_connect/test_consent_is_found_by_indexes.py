"""Whether a consent came is asked for each payment that is paid: it takes no longer the more came before it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oauth_connect import authorizations
from oauth_connect.authorizations import Consent


@pytest.mark.django_db
def test_no_question_about_a_consent_reads_all_authorizations() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = authorizations.consent(reference="payment:1", browser="b", payer="p", since=timezone.now())
    assert found is Consent.NONE
    assert len(asked.captured_queries) == 2
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # so small a table it would simply read
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        for query in asked.captured_queries:
            cursor.execute(f"{explain} {query['sql']}")
            plan = str(cursor.fetchall())
            assert "SCAN " not in plan, plan
            assert "Seq Scan" not in plan, plan
