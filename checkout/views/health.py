"""Whether this installation can take orders, for whoever watches it."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from checkout.models import Merchant
from checkout.views.errors import allow
from oauth_connect import health

logger = logging.getLogger("kassa.pages")


@allow("GET")
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when a draft could be created now, else 503 with the reason. Asks nobody outside."""
    problem = _problem()
    answer = {"status": "unavailable", "problem": problem} if problem else {"status": "ok"}
    response = JsonResponse(answer, status=503 if problem else 200)
    response["Cache-Control"] = "no-store"
    return response


def _problem() -> str | None:
    try:
        if not Merchant.objects.filter(is_active=True).exists():
            return "there is no active merchant"
        return health.problem()
    except DatabaseError:
        logger.exception("the database does not answer")
        return "the database does not answer"
