"""Faults in the JSON of an answer that is otherwise right, and rightly signed."""

import copy
from typing import Any

from sandbox_bank.faults.registry import Fault
from sandbox_bank.protocol.envelope import Payload

DRAFTS = ("PaymentServiceProviderDraftPayment", "DraftPayment")
RUN, SCHEDULE = "ScheduledInstance", "Schedule"


def distort(payload: Payload, fault: Fault) -> Payload:
    payload = copy.deepcopy(payload)
    objects: list[dict[str, Any]] = payload["Response"]
    if fault.name == "response_as_object":
        payload["Response"] = objects[0] if objects else {}
    elif fault.name in {"credential_id_only", "filter_id_only", "funds_id_only"}:
        payload["Response"] = [
            {"Id": {"id": value.get("id", 1)}} for entry in objects for value in entry.values()
        ]
    elif fault.name == "short_page":
        _cut(payload, rows=int(fault.number("rows", 10, most=200)))
    elif fault.name == "run_field":
        _change(RUN, objects, fault)
    elif fault.name == "schedule_field":
        _change(SCHEDULE, objects, fault)
    elif fault.name == "extra_keys":
        _add_strangers(objects)
    else:
        for entry in objects:
            for kind in DRAFTS:
                if kind in entry:
                    _change_draft(entry[kind], fault)
    return payload


def _cut(payload: Payload, *, rows: int) -> None:
    kept, left = payload["Response"][:rows], payload["Response"][rows:]
    if kept and left:
        payload["Response"] = kept
        [last] = kept[-1].values()
        payload["Pagination"]["older_url"] = f"/v1/?older_id={last['id']}&count={rows}"


def _change_draft(draft: dict[str, Any], fault: Fault) -> None:
    if fault.name == "listing_without_id":
        draft.pop("id", None)
    elif fault.name == "unknown_status":
        draft["status"] = fault.more.get("value", "ON_HOLD")
    elif fault.name == "draft_field":
        draft[str(fault.more.get("field", "amount"))] = fault.more.get("value")


def _change(kind: str, objects: list[dict[str, Any]], fault: Fault) -> None:
    for entry in objects:
        if kind in entry:
            entry[kind][str(fault.more.get("field", "state"))] = fault.more.get("value")


def _add_strangers(objects: list[dict[str, Any]]) -> None:
    """New keys and new object types appear without notice. Source: bunq OpenAPI, introduction."""
    for entry in objects:
        for value in entry.values():
            if isinstance(value, dict):
                value["some_new_key"] = {"nested": [1, None, "x"]}
    objects.append({"SomethingNew": {"id": 1, "status": "BRAND_NEW"}})
