from django.urls import path

from sandbox_bank.control import acts, faults, state

urlpatterns = [
    path("state", state.state),
    path("drafts", state.drafts),
    path("ledger", state.ledger),
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
