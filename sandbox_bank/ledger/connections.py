"""Who let which shop connect, and how that ends. Source: bunq documentation, OAuth: it is removed in the app."""

from django.db.models import QuerySet

from sandbox_bank.callbacks.outbox import Event, tell
from sandbox_bank.ledger import draft_payments
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import ApiKey, DraftPayment, DraftStatus, User, UserKind
from sandbox_bank.protocol.sessions import forget_all
from sandbox_bank.running import behaviour


def connections_of(person: User) -> "QuerySet[User]":
    """The pseudo-users of every shop that still holds a token of this person."""
    alive = ApiKey.objects.exclude(status=ApiKey.Status.REVOKED).values("user")
    rows = User.objects.select_related("requested_by", "granted_by")
    return rows.filter(kind=UserKind.API_KEY, granted_by=person, pk__in=alive).order_by("id")


def is_connected(psp: User, person: User) -> bool:
    return connections_of(person).filter(requested_by=psp).exists()


def revoke(connection: User) -> None:
    """Its tokens and sessions are worth nothing from now on. Undocumented, and so our choices: the shop is told by a
    callback of category OAUTH, which shows the connection; its open payments can still be accepted, unless asked
    otherwise; connecting again brings the same connection with a new token."""
    with writing():
        ApiKey.objects.filter(user=connection).update(status=ApiKey.Status.REVOKED)
        forget_all()
        if behaviour.revocation_closes_drafts:
            rows = DraftPayment.objects.filter(created_by=connection, status=DraftStatus.PENDING)
            for draft_id in list(rows.values_list("id", flat=True)):
                draft_payments.close(draft_id, DraftStatus.CANCELLED)
        _tell(connection)


def _tell(connection: User) -> None:
    psp, person = connection.requested_by, connection.granted_by
    assert psp is not None
    assert person is not None
    shown = {
        "UserApiKey": {
            **connection.stamp(),
            "status": "REVOKED",
            "requested_by_user": {psp.kind: {"id": psp.id, "display_name": psp.display_name}},
            "granted_by_user": {person.kind: {"id": person.id, "display_name": person.display_name}},
        }
    }
    tell(Event("OAUTH", "OAUTH_REVOKED", (connection, psp), None, shown, shown))
