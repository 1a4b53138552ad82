"""The way through the bank for every call to the API: limits, faults, the answer, its signature."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from sandbox_bank.faults import before, instead, payloads, wire
from sandbox_bank.faults.kinds import Stage
from sandbox_bank.protocol import signing
from sandbox_bank.protocol.authentication import recognise
from sandbox_bank.protocol.call import Call, begin_call
from sandbox_bank.protocol.envelope import ApiResponse, refusal
from sandbox_bank.protocol.errors import ApiError
from sandbox_bank.running import faults, limiter

SIGNATURE = "X-Bunq-Server-Signature"


class BunqProtocol:
    """Pages and the back door pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/v1/"):
            return self.get_response(request)
        call = begin_call(request)
        try:
            return self._finished(call, self._answer(call))
        except wire.ConnectionLost:
            return wire.hang_up(call)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Views raise their refusals."""
        return refusal(error) if isinstance(error, ApiError) else None

    def _answer(self, call: Call) -> HttpResponse:
        try:
            _within_limits(call)
            for fault in faults.take(Stage.BEFORE, call.occasion):
                before.strike(call, fault)
        except ApiError as error:
            return refusal(error)
        for fault in faults.take(Stage.INSTEAD, call.occasion, most=1):
            if fault.more.get("effect"):
                self._view(call)
            if call.installation is None and not call.is_token_exchange:
                recognise(call)
            return instead.replace(call, fault)
        return self._view(call)

    def _view(self, call: Call) -> HttpResponse:
        response = self.get_response(call.request)
        assert isinstance(response, HttpResponse)
        if isinstance(response, ApiResponse) or call.is_token_exchange:
            return response
        if response.status_code == 404:
            return refusal(ApiError(404, ("Route not found.",)))
        return response

    def _finished(self, call: Call, response: HttpResponse) -> HttpResponse:
        worked = response.status_code == 200
        if worked and isinstance(response, ApiResponse):
            for fault in faults.take(Stage.PAYLOAD, call.occasion):
                response.write_payload(payloads.distort(response.payload, fault))
        if not call.is_token_exchange:
            _stamp(call, response)
        stage = Stage.WIRE if worked else Stage.ERROR
        for fault in faults.take(stage, call.occasion):
            response = wire.distort(call, response, fault)
        return response


def _within_limits(call: Call) -> None:
    if call.is_token_exchange:
        limiter.requests["POST v1/token"] += 1
        return
    limit = limiter.admit(call.address, call.method, call.pattern)
    if limit is not None:
        raise ApiError(429, (limit.refusal,))


def _stamp(call: Call, response: HttpResponse) -> None:
    """Headers and signature. The answer to POST /installation brings the key, so it cannot be signed with it.

    Whether bunq signs errors is contradictory: our choice, signed as far as the caller is known.
    """
    response["X-Bunq-Client-Response-Id"] = call.response_id
    if call.request_id:
        response["X-Bunq-Client-Request-Id"] = call.request_id
    if call.installation is not None:
        response[SIGNATURE] = signing.sign(call.installation.server_private_key_pem, response.content)
