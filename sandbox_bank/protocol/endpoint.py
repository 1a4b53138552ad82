"""What all endpoints of the API do before and after their own work."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.views import View

from sandbox_bank.ledger.store import writing
from sandbox_bank.models import UsedRequestId
from sandbox_bank.protocol import errors
from sandbox_bank.protocol.authentication import Token, check_signature, identify
from sandbox_bank.protocol.call import Call, call_of
from sandbox_bank.protocol.envelope import ApiResponse, Payload
from sandbox_bank.running import behaviour

_WRITES = {"POST", "PUT", "DELETE"}


class Endpoint(View):
    """Subclasses have `get`, `post`, `put`, `delete` that take the call and the ids of the path.

    A write happens in one transaction together with the record of its request id.
    """

    token: ClassVar[Token] = Token.SESSION
    must_sign: ClassVar[frozenset[str]] = frozenset()
    # False for work that is too slow to hold up other writers; it opens its own transaction.
    in_transaction: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **ids: Any) -> HttpResponseBase:
        call = call_of(request)
        handler: Callable[..., Payload] | None = getattr(self, call.method.lower(), None)
        if call.method not in {"GET", *_WRITES} or handler is None:
            raise errors.ApiError(405, ("Method not allowed.",))
        _check_headers(call)
        identify(call, self.token)
        every_write = behaviour.signatures == "all" and call.method in {"POST", "PUT"}
        needs_key = self.token is not Token.NONE
        check_signature(call, required=call.method in self.must_sign or (every_write and needs_key))
        if "user_id" in ids and ids.pop("user_id") != call.user.id:
            # Which answer a foreign user id gets is not documented: our choice.
            raise errors.forbidden()
        call.body = _body_of(call)
        if call.method == "GET" or not self.in_transaction:
            return ApiResponse(handler(call, **ids))
        with writing():
            _use_request_id(call)
            return ApiResponse(handler(call, **ids))


def _check_headers(call: Call) -> None:
    """Source: bunq documentation, Headers. Cache-Control is optional in the OpenAPI, so it is not asked for."""
    if not call.request.headers.get("User-Agent"):
        raise errors.invalid("The header User-Agent is missing.")
    where = call.request.headers.get("X-Bunq-Geolocation")
    if where is not None and len(where.split(" ")) != 5:
        raise errors.invalid("The header X-Bunq-Geolocation is not valid.")


def _body_of(call: Call) -> dict[str, Any]:
    """JSON whatever the content type says; bunq's own SDK sends none. Some clients send `[]` for "nothing"."""
    try:
        raw = call.request.body
    except RequestDataTooBig as error:
        raise errors.invalid("The request body is too large.") from error
    if call.method not in {"POST", "PUT"} or not raw:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise errors.invalid("The request body is not valid JSON.") from error
    if body == []:
        return {}
    if not isinstance(body, dict):
        raise errors.invalid("The request body is not a JSON object.")
    return body


def _use_request_id(call: Call) -> None:
    """bunq documents only that a request id used twice by one device is an error.

    Our choices: only writes are remembered, a request that failed does not use its id up, and the error is a 400.
    """
    if not call.request_id or behaviour.request_ids == "free":
        return
    if call.session is not None and call.session.device is not None:
        scope = f"device {call.session.device.id}"
    elif call.installation is not None:
        scope = f"installation {call.installation.id}"
    else:
        return
    try:
        with transaction.atomic():
            UsedRequestId.objects.create(scope=scope, value=call.request_id[:200])
    except IntegrityError as error:
        raise errors.invalid(errors.USED_REQUEST_ID) from error
