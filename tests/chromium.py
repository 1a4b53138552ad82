"""Where the machine's Chromium is. Playwright's own download is not used."""

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium, or None. The variable CHROMIUM goes first; empty: as if there were none."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        return shutil.which(named) if named else None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
