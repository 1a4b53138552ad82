"""Which session a token belongs to, kept in memory: every call asks, and the bank is one process.

Whoever ends a session, revokes a key or changes a user says `forget_all` for when that is committed.
"""

import threading

from django.db import transaction

from sandbox_bank.models import Session

_MOST = 10_000


class _Known:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._generation = 0

    def find(self, token: str) -> Session | None:
        known = self._sessions.get(token)
        if known is not None:
            return known
        generation = self._generation
        rows = Session.objects.select_related("installation", "user", "api_key", "device")
        found = rows.filter(token=token).first()
        with self._lock:
            # What was read before somebody forgot may be outdated.
            if found is not None and generation == self._generation and len(self._sessions) < _MOST:
                self._sessions[token] = found
        return found

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._sessions = {}


_known = _Known()


def session_of(token: str) -> Session | None:
    return _known.find(token)


def forget_all() -> None:
    transaction.on_commit(_known.forget)
