"""Which browser brought the bank's answer back: bunq sends whoever approved back in the browser in which they did.

A way to the bank may be begun by anybody who has a page's link, and followed in another browser. So that somebody began
it proves nothing about them; to have come back with the code that the bank took does. Said by a signed cookie that
lasts an hour, and only where the payer's access is kept.
"""

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from oauth_connect.conf import configuration

COOKIE = "kassa_brought"
_LIFE_S = 3600
_DIGITS = 19


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="oauth_connect.brought")


def note(response: HttpResponse, authorization_id: int) -> None:
    response.set_cookie(
        COOKIE,
        _signer().sign(str(authorization_id)),
        max_age=_LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=configuration().redirect_uri.startswith("https://"),
    )


def brought_by(request: HttpRequest) -> int:
    """The authorization whose code this browser was the first to bring, within the last hour; 0 if there is none.

    Whether the bank took the code, a connection of that authorization proves, and nothing else.
    """
    try:
        named = _signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=_LIFE_S)
    except BadSignature:
        return 0
    return int(named) if named.isascii() and named.isdecimal() and len(named) < _DIGITS else 0
