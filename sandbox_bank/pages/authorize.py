"""The authorization page: on a desktop a QR code for the app, on a phone the app itself.

Source: bunq's sequence diagrams. That the desktop's browser goes on by itself after the phone decided is our choice.
"""

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sandbox_bank.ledger import consent as consents
from sandbox_bank.models import Consent
from sandbox_bank.pages.qr import qr_svg
from sandbox_bank.running import behaviour

_PHONE = re.compile(r"Android|iPhone|iPod|Mobile", re.IGNORECASE)
_PARAMETERS = ("client_id", "redirect_uri", "state", "response_type")


@require_safe
def authorize(request: HttpRequest) -> HttpResponse:
    """Nobody is ever redirected to an address that is not registered: a plain page says so instead."""
    words = {name: request.GET.get(name, "") for name in _PARAMETERS}
    try:
        consent = consents.begin(**words)
    except consents.ConnectionNotFound:
        return render(request, "sandbox_bank/connection_not_found.html", status=400)
    if _PHONE.search(request.headers.get("User-Agent", "")):
        return redirect(app_url(consent))
    return _desktop(request, consent)


@require_safe
def waiting(request: HttpRequest, token: str) -> HttpResponse:
    """The same page again, for browsers without JavaScript: it reloads itself and goes on once the app is done."""
    consent = find(token)
    followed = _followed_by_desktop(consent)
    return HttpResponseRedirect(followed) if followed else _desktop(request, consent)


@require_safe
def status(request: HttpRequest, token: str) -> JsonResponse:
    consent = find(token)
    answer = JsonResponse({"outcome": consent.outcome, "redirect": _followed_by_desktop(consent) or None})
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def qr(request: HttpRequest, token: str) -> HttpResponse:
    address = request.build_absolute_uri(app_url(find(token)) + "?qr=1")
    return HttpResponse(qr_svg(address), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def find(token: str) -> Consent:
    consent = (
        Consent.objects.select_related("client__user", "person")
        .filter(token=token)
        .exclude(redirect_uri="")
        .first()
    )
    if consent is None:
        raise Http404
    return consent


def app_url(consent: Consent) -> str:
    return reverse("app", args=[consent.token])


def _followed_by_desktop(consent: Consent) -> str:
    """Only if the app was opened with this page's own QR code; otherwise the app's browser went back itself."""
    return consent.redirect_url if goes_on_at_the_desktop(consent) else ""


def goes_on_at_the_desktop(consent: Consent) -> bool:
    return consent.by_qr and behaviour.qr_returns_on == "desktop"


def _desktop(request: HttpRequest, consent: Consent) -> HttpResponse:
    return render(request, "sandbox_bank/authorize.html", {"consent": consent, "psp": consent.client.user})
