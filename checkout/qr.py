"""A text as a QR code: one SVG path over white. Pure; made once per text and process."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import qrcode

QUIET_ZONE = 4  # modules of white on each side, as the QR standard asks for
# The standard's measure of how well a code reads favours this mask for addresses like the bank's, by far. To try all
# eight each time takes four times as long as the rest.
_MASK = 2


@dataclass(frozen=True)
class QrCode:
    """`path` draws the dark modules in a square of `size` by `size`, the quiet zone included."""

    size: int
    path: str


@lru_cache(maxsize=512)
def qr_code(text: str) -> QrCode:
    """The least error correction gives the largest modules: a screen is clean, a camera far away."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET_ZONE, mask_pattern=_MASK
    )
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return _drawn(code)


@lru_cache(maxsize=64)
def qr_code_for_print(text: str, *, max_version: int) -> QrCode:
    """With medium error correction: paper gets folds and stains. Raises ValueError if it would be a larger version."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    if code.version > max_version:
        raise ValueError(f"the code would be larger than version {max_version}")
    return _drawn(code)


def _drawn(code: "qrcode.QRCode[Any]") -> QrCode:
    rows = code.get_matrix()
    path = "".join(
        f"M{start} {y}h{end - start}v1H{start}z"
        for y, row in enumerate(rows)
        for start, end in _dark_runs(row)
    )
    return QrCode(len(rows), path)


def _dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    """Start and end of each run of dark modules."""
    edges = [x for x in range(len(row) + 1) if (x < len(row) and row[x]) != (x > 0 and row[x - 1])]
    return list(zip(edges[::2], edges[1::2], strict=True))
