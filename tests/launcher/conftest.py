from collections.abc import Callable, Iterator

import pytest

from launcher.installation import Installation


@pytest.fixture(scope="session")
def kassa(
    tmp_path_factory: pytest.TempPathFactory, installation_database: Callable[[], str]
) -> Iterator[Installation]:
    """A whole installation. Who stops a part of it starts that part again."""
    folder = tmp_path_factory.mktemp("kassa")
    with Installation(folder, limits="off", control=True, database_url=installation_database()) as running:
        yield running
