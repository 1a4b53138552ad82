"""The authorization URL as a QR code: an SVG of one path, made once per address."""

from functools import lru_cache

import qrcode
from django.http import Http404, HttpRequest, HttpResponse

from checkout.views.errors import allow
from checkout.views.page import find_order, look_at, private

QUIET_ZONE = 4  # modules of white on each side, as the QR standard asks for


@private
@allow("GET")
def qr(request: HttpRequest, token: str, authorization_id: int) -> HttpResponse:
    """Only the authorization that the page shows now: an older one has no picture any more."""
    page = look_at(find_order(token))
    if not page.authorization_url or page.authorization_id != authorization_id:
        raise Http404
    return HttpResponse(qr_svg(page.authorization_url), content_type="image/svg+xml")


@lru_cache(maxsize=512)
def qr_svg(text: str) -> str:
    """Black on white with its quiet zone, whatever the page's colours are. Dark runs become one path."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET_ZONE)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    rows = code.get_matrix()
    size = len(rows)
    path = "".join(
        f"M{start} {y}h{end - start}v1H{start}z"
        for y, row in enumerate(rows)
        for start, end in _dark_runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def _dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    """Start and end of each run of dark modules."""
    edges = [x for x in range(len(row) + 1) if (x < len(row) and row[x]) != (x > 0 and row[x - 1])]
    return list(zip(edges[::2], edges[1::2], strict=True))
