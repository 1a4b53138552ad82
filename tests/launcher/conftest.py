from collections.abc import Iterator

import pytest

from launcher.installation import Installation


@pytest.fixture(scope="session")
def kassa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A whole installation. Who stops a part of it starts that part again."""
    with Installation(tmp_path_factory.mktemp("kassa"), limits="off", control=True) as running:
        yield running
