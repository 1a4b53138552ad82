"""`make demo`: a shop, a bank, a worker and an admin on this machine, until Ctrl-C."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from launcher.installation import ADMIN_NAME, Installation
from launcher.processes import ROOT, LauncherError

DEFAULT_PORT = 8000
DEFAULT_BANK_PORT = 8001
_PAYER = "NL73 BUNQ 0000 0000 12"


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise LauncherError(f"{name} must be a port number, not {text!r}")
    return int(text)


def _say(line: str) -> None:
    print(f"  {line} …", flush=True)


def _welcome(kassa: Installation) -> str:
    return f"""
Kassa is ready.

  shop    {kassa.shop_url}
  admin   {kassa.admin_url}   user {ADMIN_NAME}, password {kassa.secrets.admin_password}
  bank    {kassa.bank_url}/   a stand-in: no real bank, no real money

Next: buy something in the shop and pay as S. Hopper with {_PAYER};
the payment page leads you to the bank, where you approve it.

Logs and data are in {kassa.folder}. Ctrl-C stops everything.
"""


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _watch(kassa: Installation) -> None:
    """Stay until somebody stops us, or a part ends by itself."""
    while (gone := kassa.dead()) is None:
        time.sleep(0.5)
    raise LauncherError(f"{gone.name} ended by itself. Its last words:\n{gone.last_words()}")


def main() -> int:
    """Exit codes: 0 stopped by the user, 1 something failed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        installation = Installation(
            Path(os.environ.get("DATA", "").strip() or ROOT / "var"),
            port=_port("PORT", DEFAULT_PORT),
            bank_port=_port("BANK_PORT", DEFAULT_BANK_PORT),
            control=os.environ.get("CONTROL", "") == "1",
            say=_say,
        )
        print("Starting Kassa:", flush=True)
        with installation as kassa:
            print(_welcome(kassa), flush=True)
            try:
                _watch(kassa)
            finally:
                print("\nStopping …", flush=True)
    except OSError as failure:
        print(f"\nCannot use {failure.filename or 'the data folder'}: {failure.strerror}", file=sys.stderr)
        return 1
    except LauncherError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    return 0
