"""Who is killed: one of each kind first, nobody twice at a time, and the same ones for the same seed."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from tests.drill.cluster import MISSING, Cluster, find_programs
from tests.drill.kills import Reaper, Victim
from tests.waiting import wait_until


class Village:
    """Somebody of each kind, and what happened to whom."""

    def __init__(self, seed: int) -> None:
        self.story: list[str] = []
        kinds = {"web-1": "web", "web-2": "web", "worker-1": "worker", "bank": "bank"}
        victims = [self._villager(kind, name) for name, kind in kinds.items()]
        self.reaper = Reaper(victims, random.Random(seed), every_s=0.02)

    def _villager(self, kind: str, name: str) -> Victim:
        return Victim(
            kind,
            name,
            take=lambda: self.story.append(f"{name} goes"),
            give_back=lambda: self.story.append(f"{name} returns"),
            ready=lambda: True,
            away_s=(0.0, 0.1),
            weight=1.0,
        )


def test_one_of_each_kind_has_its_turn_first() -> None:
    village = Village(1)
    village.reaper.reap(0.01, each_tick=lambda: None)
    assert set(village.reaper.kills) <= {"web", "worker", "bank"}
    village.reaper.reap(1.0, each_tick=lambda: None)
    gone = [line.split("-")[0].split()[0] for line in village.story if line.endswith("goes")]
    assert sorted(gone[:3]) == ["bank", "web", "worker"]


def test_nobody_goes_twice_without_having_returned_and_in_the_end_all_are_there() -> None:
    village = Village(2)
    village.reaper.reap(1.0, each_tick=lambda: None)
    for name in ("web-1", "web-2", "worker-1", "bank"):
        moves = [line.split()[1] for line in village.story if line.startswith(f"{name} ")]
        assert moves == ["goes", "returns"] * (len(moves) // 2)
    assert village.reaper.away == set()
    assert all(outage.until is not None for outage in village.reaper.outages)


def test_the_same_seed_begins_with_the_same_victims() -> None:
    stories = []
    for _ in range(2):
        village = Village(3)
        village.reaper.reap(0.5, each_tick=lambda: None)
        stories.append([line for line in village.story if line.endswith("goes")][:3])
    assert stories[0] == stories[1]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    programs = find_programs()
    assert programs is not None
    folder = Path(mkdtemp(prefix="kassa-drill-test-"))
    try:
        with Cluster(folder, programs=programs, log=tmp_path / "postgresql.log") as database:
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(find_programs() is None, reason=MISSING)
def test_a_killed_postgresql_comes_back_with_everything_that_was_committed(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE letter (words text)")
        connection.execute("INSERT INTO letter VALUES ('dear me')")
        cluster.kill()
        cluster.start_again()
        wait_until(cluster.answers, timeout_s=60)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT words FROM letter")
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT words FROM letter").fetchall() == [("dear me",)]
    cluster.remove()
    assert not cluster.folder.exists()
