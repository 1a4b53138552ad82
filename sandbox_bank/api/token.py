"""POST /v1/token: the OAuth token host. Its format is its own: no envelope, no signature, no bunq headers.

Source: bunq documentation, OAuth; the form of errors was seen by clients in production.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from sandbox_bank.faults.kinds import Stage
from sandbox_bank.faults.registry import Occasion
from sandbox_bank.ledger.exchange import ExchangeRefused, exchange
from sandbox_bank.running import behaviour, faults


@require_POST
def token(request: HttpRequest) -> JsonResponse:
    """Everything is in the query. A form body is ignored: our choice, as only one page of bunq's shows one."""
    words = request.GET
    if words.get("grant_type") != "authorization_code":
        return _refused(ExchangeRefused("unsupported_grant_type", "Only authorization_code is supported."))
    needed = ("code", "redirect_uri", "client_id", "client_secret")
    if any(not words.get(name) for name in needed):
        return _refused(ExchangeRefused("invalid_request", "A parameter is missing."))
    delay_s = behaviour.execution_delay_s
    for fault in faults.take(Stage.LEDGER, Occasion("ledger", "EXCHANGE", request.path_info, "exchange")):
        delay_s = fault.number("seconds", 5.0, most=86400.0)
    try:
        value, state = exchange(
            client_id=words["client_id"],
            client_secret=words["client_secret"],
            code=words["code"],
            redirect_uri=words["redirect_uri"],
            delay_s=delay_s,
        )
    except ExchangeRefused as error:
        return _refused(error)
    return JsonResponse({"access_token": value, "token_type": "bearer", "state": state})


def _refused(error: ExchangeRefused) -> JsonResponse:
    credentials = error.error in {"invalid_grant", "invalid_client"}
    return JsonResponse(
        {"error": error.error, "error_description": error.description},
        status=behaviour.token_error_status if credentials else 400,
    )
