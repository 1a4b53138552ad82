"""Faults in a finished answer: its signature, its bytes, its arrival."""

import json
import socket

from django.http import HttpResponse

from sandbox_bank.faults.registry import Fault
from sandbox_bank.protocol import signing
from sandbox_bank.protocol.call import Call

SIGNATURE = "X-Bunq-Server-Signature"
LARGEST_BODY = 64 * 1024 * 1024


class ConnectionLost(Exception):
    """The client gets no answer."""


def hang_up(call: Call) -> HttpResponse:
    """Close the connection under the web server; the response returned here reaches nobody."""
    connection: socket.socket = call.request.META["gunicorn.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return HttpResponse()


def distort(call: Call, response: HttpResponse, fault: Fault) -> HttpResponse:
    """Raises ConnectionLost when nobody is to be answered."""
    if fault.name == "lost_after":
        raise ConnectionLost
    if fault.name == "slow_answer":
        fault.linger()
    elif fault.name in {"missing_signature", "unsigned_error"}:
        del response[SIGNATURE]
    elif fault.name in {"bad_signature", "bad_signature_on_error"}:
        _sign(call, response, b"other bytes")
    elif fault.name == "wrong_request_id":
        response["X-Bunq-Client-Request-Id"] = "not-the-id-that-was-sent"
    elif fault.name == "truncated":
        _send_half(call, response)
    else:
        response = _other_body(call, response, fault)
    return response


def _other_body(call: Call, response: HttpResponse, fault: Fault) -> HttpResponse:
    if fault.name == "huge_body":
        size = int(fault.number("bytes", 8 * 1024 * 1024, most=LARGEST_BODY))
        padded = json.loads(response.content)
        padded["padding"] = "x" * size
        response.content = json.dumps(padded).encode()
    elif fault.name == "broken_json":
        response.content = response.content[: len(response.content) // 2]
    elif fault.name == "html_page":
        response.content = b"<html><body><h1>Please wait</h1></body></html>"
        response["Content-Type"] = "text/html"
    if SIGNATURE in response:
        _sign(call, response, response.content)
    return response


def _sign(call: Call, response: HttpResponse, data: bytes) -> None:
    if call.installation is not None:
        response[SIGNATURE] = signing.sign(call.installation.server_private_key_pem, data)


def _send_half(call: Call, response: HttpResponse) -> None:
    connection: socket.socket = call.request.META["gunicorn.socket"]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(response.content)}\r\n"
    if SIGNATURE in response:
        head += f"{SIGNATURE}: {response[SIGNATURE]}\r\n"
    connection.sendall(head.encode() + b"\r\n" + response.content[: len(response.content) // 2])
    raise ConnectionLost
