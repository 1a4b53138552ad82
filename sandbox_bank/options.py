"""How this bank was started. The command line hands it on in environment variables of one process family."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox_bank.protocol.limits import Limits, parse_limits

_PREFIX = "SANDBOX_BANK_"


@dataclass(frozen=True)
class Options:
    """`data` holds everything the bank remembers; `control` opens the back door; `seed` fixes its chances."""

    data: Path
    host: str = "127.0.0.1"
    control: bool = False
    limits: str = "strict"
    seed: int = 0

    def export(self) -> None:
        os.environ[_PREFIX + "DATA"] = str(self.data)
        os.environ[_PREFIX + "HOST"] = self.host
        os.environ[_PREFIX + "CONTROL"] = "1" if self.control else "0"
        os.environ[_PREFIX + "LIMITS"] = self.limits
        os.environ[_PREFIX + "SEED"] = str(self.seed)

    def parsed_limits(self) -> Limits:
        return parse_limits(self.limits)


@cache
def current() -> Options:
    """The options of this process."""
    return Options(
        data=Path(os.environ[_PREFIX + "DATA"]),
        host=os.environ.get(_PREFIX + "HOST", "127.0.0.1"),
        control=os.environ.get(_PREFIX + "CONTROL") == "1",
        limits=os.environ.get(_PREFIX + "LIMITS", "strict"),
        seed=int(os.environ.get(_PREFIX + "SEED", "0")),
    )
