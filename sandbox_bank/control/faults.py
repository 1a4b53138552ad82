"""What tests may set: faults, limits, and the choices that bunq leaves open."""

from typing import Any

from django.http import HttpRequest

from sandbox_bank import running
from sandbox_bank.control.words import BadRequest, control
from sandbox_bank.protocol.limits import parse_limits


@control("GET", "POST", "DELETE")
def faults(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    if request.method == "DELETE":
        running.faults.clear()
    elif request.method == "POST":
        try:
            running.faults.add(body)
        except (ValueError, TypeError) as error:
            raise BadRequest(str(error)) from error
    return shown_faults()


def shown_faults() -> dict[str, Any]:
    """`struck` counts what happened since the data folder was made, also by faults that were removed since."""
    return {
        "faults": running.faults.as_json(),
        "scripts": running.faults.scripts_as_json(),
        "struck": dict(running.faults.struck),
        "struck_total": running.faults.struck.total(),
    }


@control("POST")
def limits(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """{"limits": "off" | "strict" | "GET=3/3,…"}; starts counting anew."""
    try:
        running.limiter.replace(parse_limits(str(body.get("limits", ""))))
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return {"limits": body["limits"]}


@control("GET", "POST")
def behave(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    try:
        running.behaviour.change(body)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return vars(running.behaviour)
