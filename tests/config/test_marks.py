"""What runs on a second database is found by itself, and nothing that needs one can be missing."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User


def marked(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("database") is not None


@pytest.mark.django_db
def test_by_its_mark(request: pytest.FixtureRequest) -> None:
    assert marked(request)


def test_by_what_it_asks_for(request: pytest.FixtureRequest, transactional_db: None) -> None:
    assert marked(request)


def test_with_an_installation(
    request: pytest.FixtureRequest, installation_database: Callable[[], str]
) -> None:
    assert marked(request)


def test_all_others_find_the_database_closed(request: pytest.FixtureRequest) -> None:
    assert not marked(request)
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        User.objects.exists()
