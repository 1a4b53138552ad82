"""What processes have cost so far, as Linux counts it."""

import os
from collections.abc import Sequence
from pathlib import Path

# Of /proc/stat's first line, after the word "cpu" (Linux, Documentation/filesystems/proc): user, nice, system, idle,
# iowait, irq, softirq, steal; what guests take is in user already.
_COUNTED, _IDLE, _IOWAIT, _STEAL = 8, 3, 4, 7


def machine_ticks() -> list[int]:
    """What all cores did so far, in ticks; empty where Linux does not say."""
    try:
        first = Path("/proc/stat").read_text().partition("\n")[0]
    except OSError:
        return []
    return [int(word) for word in first.split()[1 : _COUNTED + 1]]


def busy_and_stolen(before: Sequence[int], after: Sequence[int]) -> tuple[float, float] | None:
    """Shares of all cores' time that this machine worked, and that its host gave to others while it wanted to."""
    spent = [late - early for early, late in zip(before, after, strict=True)]
    if len(spent) < _COUNTED or not (whole := sum(spent)):
        return None
    stolen = spent[_STEAL]
    return (whole - spent[_IDLE] - spent[_IOWAIT] - stolen) / whole, stolen / whole


def cpu_seconds(*pids: int) -> float:
    """Processor time so far of these processes and all their children, in seconds."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(_ticks(pid) for pid in _family(pids)) / ticks


def _family(pids: tuple[int, ...]) -> set[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _fields(int(folder.name)):
            parents[int(folder.name)] = int(fields[1])
    family = set(pids)
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, …; empty when it is gone."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _ticks(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0
