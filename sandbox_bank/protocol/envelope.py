"""The shape of every answer. Source: bunq documentation, API conventions and Pagination."""

import json
from typing import Any

from django.http import HttpResponse

from sandbox_bank.protocol.errors import ApiError

Payload = dict[str, Any]


class ApiResponse(HttpResponse):
    """JSON that can still be changed before it is signed."""

    payload: Payload

    def __init__(self, payload: Payload, status: int = 200) -> None:
        super().__init__(content_type="application/json", status=status)
        self.write_payload(payload)

    def write_payload(self, payload: Payload) -> None:
        self.payload = payload
        self.content = json.dumps(payload).encode()


def answer(*objects: tuple[str, Payload]) -> Payload:
    """`Response` is an array of one-key objects; the key names the type."""
    return {"Response": [{kind: value} for kind, value in objects]}


def created(row_id: int) -> Payload:
    return answer(("Id", {"id": row_id}))


def refusal(error: ApiError) -> ApiResponse:
    response = ApiResponse(error.payload(), error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response
