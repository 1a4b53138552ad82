"""A session that a test leaves at the test database is named, not only in the way."""

import pytest
from django.db import connection

from tests import left_open


def test_a_session_that_stays_is_named(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_open, "_LONGEST_S", 1.0)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 AS left_by_this_test")
        if connection.vendor == "postgresql":  # SQLite's file is removed whoever reads it
            with pytest.raises(AssertionError, match="left_by_this_test"):
                left_open.nobody_is_left()
    finally:
        other.close()
