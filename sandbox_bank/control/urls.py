from django.urls import path

from sandbox_bank.control import accounts, acts, draft_payments, faults, payers, state

urlpatterns = [
    path("state", state.state),
    path("drafts", state.drafts),
    path("executions", state.executions),
    path("ledger", state.ledger),
    path("request-ids", state.request_ids),
    path("calls", state.calls),
    path("draft-payments", draft_payments.listed),
    path("draft-payments/<int:draft_id>/<str:act>", draft_payments.act),
    path("schedules", payers.schedules),
    path("schedules/<int:schedule_id>/cancel", payers.cancel_schedule),
    path("schedules/<int:schedule_id>/run", payers.run_schedule),
    path("connections", payers.connections),
    path("accounts", accounts.accounts),
    path("callbacks", draft_payments.callbacks),
    path("drafts/<int:draft_id>/<str:act>", acts.draft),
    path("authorize", acts.authorize),
    path("clock", acts.move_clock),
    path("people", acts.people),
    path("sessions", acts.sessions),
    path("keys", acts.keys),
    path("faults", faults.faults),
    path("limits", faults.limits),
    path("behaviour", faults.behave),
]
