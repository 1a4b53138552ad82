"""Faults that strike before the call is looked at: what somebody else, or time, does just then."""

from sandbox_bank import clock
from sandbox_bank.api.oauth_clients import new_client
from sandbox_bank.faults.registry import Fault
from sandbox_bank.faults.wire import ConnectionLost
from sandbox_bank.ledger import draft_payments, drafts
from sandbox_bank.ledger.connections import revoke
from sandbox_bank.ledger.exchange import ExchangeRefused, exchange
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Code, Draft, DraftPayment, DraftStatus, OauthClient, Session, UserKind
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.sessions import forget_all
from sandbox_bank.running import behaviour


def strike(call: Call, fault: Fault) -> None:
    """Raises ConnectionLost when nobody is to be answered."""
    if fault.name == "slow":
        fault.linger()
    elif fault.name == "lost_before":
        raise ConnectionLost
    else:
        with writing():
            _meanwhile(call, fault)


def _meanwhile(call: Call, fault: Fault) -> None:
    token = call.request.headers.get("X-Bunq-Client-Authentication", "")
    if fault.name == "session_gone":
        Session.objects.filter(token=token).delete()
        forget_all()
    elif fault.name == "cancel_loses_race":
        _accept(call)
    elif fault.name == "connection_revoked":
        session = Session.objects.select_related("user").filter(token=token).first()
        if session is not None and session.user.kind == UserKind.API_KEY:
            revoke(session.user)
    elif fault.name == "second_oauth_client":
        session = Session.objects.select_related("user").filter(token=token).first()
        if (
            session is not None
            and not OauthClient.objects.filter(user=session.user, status="ACTIVE").exists()
        ):
            new_client(session.user)
    elif fault.name == "stale_timestamp":
        DraftPayment.objects.filter(pk=_last_id(call)).update(updated=clock.now())
    elif fault.name == "code_expired":
        Code.objects.filter(value=call.request.GET.get("code", "")).update(expires=clock.now())
    elif fault.name == "code_used":
        _use_the_code(call)


def _accept(call: Call) -> None:
    """Of both kinds of draft: the path says which."""
    draft_id, pending = _last_id(call), {"status": DraftStatus.PENDING}
    if "/payment-service-provider-draft-payment/" in call.path:
        if Draft.objects.filter(pk=draft_id, **pending).exists():
            drafts.execute(draft_id)
    elif DraftPayment.objects.filter(pk=draft_id, **pending).exists():
        draft_payments.accept(draft_id)


def _last_id(call: Call) -> int:
    return int(call.path.rsplit("/", 1)[1])


def _use_the_code(call: Call) -> None:
    words = {
        name: call.request.GET.get(name, "")
        for name in ("client_id", "client_secret", "code", "redirect_uri")
    }
    try:
        exchange(**words, delay_s=behaviour.execution_delay_s)
    except ExchangeRefused:
        return
