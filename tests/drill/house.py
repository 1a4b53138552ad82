"""The product as a drill runs it: two webs, three workers, the bank, the database; and how each of them is killed."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from launcher.installation import Installation
from launcher.processes import HOST, LauncherError, ManagedProcess
from tests.drill.bank import Bank
from tests.drill.cluster import MISSING, Cluster, find_programs
from tests.drill.kills import Victim
from tests.drill.plan import Plan
from tests.drill.weather import Weather

# A log that was put aside could not be searched for secrets.
_LOG_LIMIT_BYTES = 1 << 40
_THREADS = 12


@dataclass
class House:
    plan: Plan
    kassa: Installation
    cluster: Cluster | None
    weather: Weather
    bank: Bank

    @property
    def processes(self) -> list[ManagedProcess]:
        database = [self.cluster.process] if self.cluster else []
        return [*self.kassa.processes, *database]

    def wake_all(self) -> None:
        """One that sleeps would not hear that it is to stop."""
        for process in self.processes:
            process.resume()

    def logs_of_product(self) -> list[Path]:
        """Of everything that may not write a secret: not the bank, whose secrets they are, nor the database."""
        names = [process.name for process in (*self.kassa.webs, *self.kassa.workers)]
        return [self.kassa.folder / "logs" / f"{name}.log" for name in (*names, "desk")]

    def victims(self) -> list[Victim]:
        """The same worker may be killed, or fall asleep for longer than its leases last."""
        away_s = (0.0, self.plan.away_at_most_s)
        asleep_s = (self.plan.lease_s + 1.0, self.plan.lease_s + 8.0)
        found = []
        for web, port in zip(self.kassa.webs, self.kassa.ports, strict=True):
            listens = partial(_listens, port)
            found.append(Victim("web", web.name, web.kill, web.start, listens, away_s, weight=2.0))
        for one in self.kassa.workers:
            found.append(Victim("worker", one.name, one.kill, one.start, _at_once, away_s, weight=1.5))
            if self.plan.with_sleep:
                sleeps = Victim("worker asleep", one.name, one.pause, one.resume, _at_once, asleep_s, 0.4)
                found.append(sleeps)
        bank, answers, again = self.kassa.bank, self.bank.answers, self.weather.again
        found.append(Victim("bank", bank.name, bank.kill, bank.start, answers, away_s, 1.5, after=again))
        if (cluster := self.cluster) is not None:
            take, give_back = cluster.kill, cluster.start_again
            found.append(Victim("database", "postgresql", take, give_back, cluster.answers, away_s, 1.5))
        return found


def _at_once() -> bool:
    return True


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def open_house(plan: Plan, say: Callable[[str], None]) -> Iterator[House]:
    """Everything started and registered; stopped at the end, whatever happens. Raises LauncherError."""
    with ExitStack() as stack:
        cluster = _cluster(plan, say, stack)
        kassa = Installation(
            plan.folder,
            limits=plan.limits,
            control=True,
            seed=plan.seed,
            database_url=cluster.url if cluster else "",
            settings=plan.settings,
            webs=plan.webs,
            workers=plan.workers,
            web_processes=1,
            web_threads=_THREADS,
            say=say,
        )
        stack.enter_context(kassa)
        for process in kassa.processes:
            process.log_limit_bytes = _LOG_LIMIT_BYTES
        bank = Bank(kassa.bank_url)
        stack.callback(bank.close)
        weather = Weather(bank, seed=plan.seed, roughness=plan.roughness, without=plan.without)
        house = House(plan, kassa, cluster, weather, bank)
        stack.callback(house.wake_all)
        yield house


def _cluster(plan: Plan, say: Callable[[str], None], stack: ExitStack) -> Cluster | None:
    if not plan.on_postgresql:
        return None
    programs = find_programs()
    if programs is None:
        raise LauncherError(MISSING)
    say("starting PostgreSQL")
    # Under /tmp: PostgreSQL's user may not be let into our folder.
    folder = Path(mkdtemp(prefix="kassa-drill-"))
    return stack.enter_context(
        Cluster(folder, programs=programs, log=plan.folder / "logs" / "postgresql.log")
    )
