from sandbox_bank.models.callbacks import Callback, NotificationFilter
from sandbox_bank.models.draft_payments import DraftPayment
from sandbox_bank.models.drafts import Draft, DraftStatus
from sandbox_bank.models.oauth import CallbackUrl, Code, Consent, Decision, OauthClient
from sandbox_bank.models.registration import ApiKey, Device, Installation, Session, UsedRequestId
from sandbox_bank.models.schedules import (
    InstanceState,
    RecurrenceUnit,
    Schedule,
    ScheduleInstance,
    ScheduleStatus,
)
from sandbox_bank.models.users import Account, AccountStatus, LedgerEntry, User, UserKind

__all__ = [
    "Account",
    "AccountStatus",
    "ApiKey",
    "Callback",
    "CallbackUrl",
    "Code",
    "Consent",
    "Decision",
    "Device",
    "Draft",
    "DraftPayment",
    "DraftStatus",
    "Installation",
    "InstanceState",
    "LedgerEntry",
    "NotificationFilter",
    "OauthClient",
    "RecurrenceUnit",
    "Schedule",
    "ScheduleInstance",
    "ScheduleStatus",
    "Session",
    "UsedRequestId",
    "User",
    "UserKind",
]
