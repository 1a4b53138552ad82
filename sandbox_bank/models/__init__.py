from sandbox_bank.models.drafts import Draft, DraftStatus
from sandbox_bank.models.oauth import CallbackUrl, Code, Consent, Decision, OauthClient
from sandbox_bank.models.registration import ApiKey, Device, Installation, Session, UsedRequestId
from sandbox_bank.models.users import Account, LedgerEntry, User, UserKind

__all__ = [
    "Account",
    "ApiKey",
    "CallbackUrl",
    "Code",
    "Consent",
    "Decision",
    "Device",
    "Draft",
    "DraftStatus",
    "Installation",
    "LedgerEntry",
    "OauthClient",
    "Session",
    "UsedRequestId",
    "User",
    "UserKind",
]
