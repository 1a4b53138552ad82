"""Our client of bunq's API against bunq's own SDK: the same calls to the same bank, signed and verified by both.

Each runs in a process of its own, with its own registration, and makes calls when it is told to, in turn: reading one
draft, listing 50, creating one. The bank is the sandbox bank; it runs on the same machine, and what it takes for an
answer is a part of the wall time of both.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from launcher.processes import ROOT
from oauth_connect.bunq.certificate import make_sandbox_certificate
from tests.banks import SandboxBank
from tests.bench.asking import Asked, asked
from tests.bench.frame import Effort, Result, in_turn, ratio

SDK_PYTHON = ROOT / ".venv-sdk" / "bin" / "python"
CALLS = ("read", "list", "create")
PER_ROUND = 40


def run(effort: Effort) -> Result:
    result = Result(
        lines=[("a call", "ours CPU ms", "SDK CPU ms", "of it", "ours wall ms", "SDK wall ms", "of it")]
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kassa-bench-")))
        bank = stack.enter_context(SandboxBank(folder / "bank"))
        ours = stack.enter_context(
            asked(sys.executable, "-m", "tests.bench.client_ours", bank.api_url, folder=ROOT)
        )
        sdk = stack.enter_context(asked(*_sdk(bank, folder), folder=folder))
        shares = [_compare(call, ours, sdk, effort, result) for call in CALLS]
        _without_the_bank(ours, sdk, effort, result)
    result.add("client.cpu_ratio_to_sdk", statistics.mean(cpu for cpu, _ in shares))
    result.add("client.wall_ratio_to_sdk", statistics.mean(wall for _, wall in shares))
    return result


def _sdk(bank: SandboxBank, folder: Path) -> list[str]:
    certificate, key = make_sandbox_certificate("Bench PISP")
    (folder / "certificate.pem").write_text(certificate)
    (folder / "key.pem").write_text(key)
    script = str(Path(__file__).with_name("client_sdk.py"))
    files = [str(folder / "certificate.pem"), str(folder / "key.pem")]
    return [str(SDK_PYTHON), "-W", "ignore", script, bank.api_url, *files]


def _without_the_bank(ours: Asked, sdk: Asked, effort: Effort, result: Result) -> None:
    """A read by each, and one that costs its sender next to nothing: what is over that is the client's own time."""
    who = {"ours": (ours, "read"), "sdk": (sdk, "read"), "bank": (ours, "bare")}

    def measure(process: Asked, call: str) -> Callable[[], float]:
        return lambda: process.make(call, PER_ROUND)[1]

    walls = in_turn({name: measure(*one) for name, one in who.items()}, repeats=effort.repeats)
    middle = {name: statistics.median(found) for name, found in walls.items()}
    result.lines.append(
        ("bank alone", "", "", "", f"{middle['bank'] * 1000:.2f}", f"{middle['bank'] * 1000:.2f}")
    )
    own, theirs = (max(1e-6, middle[name] - middle["bank"]) for name in ("ours", "sdk"))
    result.add("client.wall_ratio_to_sdk_without_bank", own / theirs)


def _compare(call: str, ours: Asked, sdk: Asked, effort: Effort, result: Result) -> tuple[float, float]:
    """The ratios of CPU and wall time of one kind of call."""
    effort.say(f"{call}, by ours and by the SDK")
    walls: dict[str, list[float]] = {"ours": [], "sdk": []}

    def measure(name: str, who: Asked) -> Callable[[], float]:
        def once() -> float:
            cpu_s, wall_s = who.make(call, PER_ROUND)
            walls[name].append(wall_s)
            return cpu_s

        return once

    cpus = in_turn({"ours": measure("ours", ours), "sdk": measure("sdk", sdk)}, repeats=effort.repeats)
    cpu, wall = ratio(cpus["ours"], cpus["sdk"]), ratio(walls["ours"], walls["sdk"])
    middle = [f"{statistics.median(found) * 1000:.2f}" for found in (*cpus.values(), *walls.values())]
    result.lines.append((call, *middle[:2], f"{cpu:.2f}", *middle[2:], f"{wall:.2f}"))
    return cpu, wall
