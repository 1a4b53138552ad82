"""What can go wrong before or beside a call to the bank, in the same terms as `oauth_connect.bunq.errors`."""

from oauth_connect.bunq.errors import BunqError, CredentialsGone, NotSent, OutcomeUnknown


class NotRegistered(NotSent):
    """This installation has no complete registration with the bank (`manage.py bunq_register`)."""


class SessionUnavailable(NotSent):
    """No session could be opened, so the call itself never left."""


class SessionBusy(SessionUnavailable):
    """Another process is opening a session, and it takes longer than a caller should wait."""


class KeyRefused(CredentialsGone):
    """The bank does not open a session with this key. The call itself never left."""


class ConnectionGone(CredentialsGone):
    """This payer's connection is not open, or has just proved to work no more: it will not help to try again."""


class BudgetExhausted(NotSent):
    """The call would be one too many for the bank's rate limit. It fits again after `retry_after_s` seconds."""

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class ListingIncomplete(OutcomeUnknown):
    """The listing went on beyond the last page we read: what was not seen may still be there."""


class RegistrationUnderway(NotSent):
    """Another run is at the one step that must not be done twice; after `retry_after_s` seconds it is
    settled.
    """

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class RegistrationError(BunqError):
    """The registration cannot go on without a person; the message says what to do."""


class SecretUnreadable(Exception):
    """A stored secret was written with a key that ENCRYPTION_KEYS no longer holds."""


class NetworkInTransaction(Exception):
    """A call to the bank was about to be made inside a database transaction: a defect of the caller."""
