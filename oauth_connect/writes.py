"""Invariant 5 for what we ask the bank beside payments: the request id is stored before the request leaves.

The bodies are made of what the registration, or the payer's connection, stores already (keys, certificate, secrets,
address), so they need not be stored a second time. What is asked again after a lost answer, each step says itself.
"""

import uuid

from oauth_connect import clock
from oauth_connect.models import SessionHolder


def stored_request_id(holder: SessionHolder, what: str) -> str:
    """A new request id for `what`, kept as its holder's last write: what the bank's support asks for."""
    request_id = str(uuid.uuid4())
    last_write = {"what": what, "request_id": request_id, "at": clock.now().isoformat()}
    type(holder)._default_manager.filter(pk=holder.pk).update(last_write=last_write)
    return request_id
