"""A QR code as one small SVG path."""

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M

_MARGIN = 4


@lru_cache(maxsize=256)
def qr_svg(text: str) -> bytes:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_MARGIN)
    code.add_data(text)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    path = "".join(_runs(row, y) for y, row in enumerate(rows))
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    ).encode()


def _runs(row: list[bool], y: int) -> str:
    """The dark stretches of one row."""
    parts, start = [], None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = None
    return "".join(parts)
