"""bunq's API as typed calls: registration, OAuth client, one-off payments, funds; and a payer's (`payer_calls`).

Every call may raise any class of `errors`; after a write that raises OutcomeUnknown, look before sending again. A write
takes its request id from the caller, who has stored it. A 200 counts only when bunq's signature of its body holds and
the body is as documented; otherwise the outcome is unknown.
"""

from collections.abc import Sequence
from functools import partial

from oauth_connect.bunq import answers, payer_answers
from oauth_connect.bunq.body_parts import json_bytes
from oauth_connect.bunq.caller import COUNT_MAX, no_result, page_query
from oauth_connect.bunq.calls import Request
from oauth_connect.bunq.envelope import Envelope, Unreadable
from oauth_connect.bunq.errors import BunqError, OutcomeUnknown
from oauth_connect.bunq.payer_calls import PayerCalls
from oauth_connect.bunq.types import (
    Access,
    CallbackUrl,
    Credential,
    Draft,
    DraftPage,
    Installation,
    OauthClient,
    Session,
)


class BunqClient(PayerCalls):
    """Calls to the bunq API at `api_url`, from any number of threads. Holds connections, but no token and no key."""

    # Registration. Source: bunq documentation "PSD2", bunq SDKs.

    def create_installation(self, public_key_pem: str) -> Installation:
        """Makes our key known. Its answer brings bunq's key, so it is the one answer that cannot be verified."""
        body = json_bytes({"client_public_key": public_key_pem})
        return self._call(Request("POST", "installation", None, body), answers.installation)

    def create_credential(
        self,
        access: Access,
        *,
        certificate_pem: str,
        chain_pem: str,
        client_public_key_signature: str,
        request_id: str,
    ) -> Credential:
        """The PSP's API key. bunq shows it once: store it before the next call.

        `access` holds the installation token, `client_public_key_signature` is from `signing.sign_installation`.
        OutcomeUnknown also when bunq made a key and would then not show it; only a new installation helps then.
        """
        body = json_bytes(
            {
                "client_payment_service_provider_certificate": certificate_pem,
                "client_payment_service_provider_certificate_chain": chain_pem,
                "client_public_key_signature": client_public_key_signature,
            }
        )
        path = "payment-service-provider-credential"
        made = self._call(Request("POST", path, access, body, request_id=request_id), _credential_or_id)
        return made if isinstance(made, Credential) else self._read_credential(access, f"{path}/{made}")

    def _read_credential(self, access: Access, path: str) -> Credential:
        """The credential that the documentation says is to be asked for by its id."""
        problem: BunqError
        try:
            found = self._call(Request("GET", path, access), answers.credential)
        except BunqError as error:
            problem = error
        else:
            if found is not None:
                return found
            problem = OutcomeUnknown("the answer holds no credential")
        raise OutcomeUnknown(
            "a credential was made but could not be read",
            status=problem.status,
            messages=problem.messages,
            response_id=problem.response_id,
        )

    def create_device(
        self, access: Access, *, description: str, secret: str, permitted_ips: Sequence[str], request_id: str
    ) -> int:
        """Binds the API key `secret` to this installation. Without `permitted_ips` bunq takes the calling address."""
        fields: dict[str, object] = {"description": description, "secret": secret}
        if permitted_ips:
            fields["permitted_ips"] = list(permitted_ips)
        return self._call(
            Request(
                "POST",
                "device-server",
                access,
                json_bytes(fields),
                request_id=request_id,
                secrets=(secret,),
            ),
            answers.created_id,
        )

    def create_session(self, access: Access, *, secret: str, request_id: str) -> Session:
        """A session for the API key `secret`. bunq allows one per 30 seconds and address.

        CredentialsGone here speaks of the key, not of a session.
        """
        return self._call(
            Request(
                "POST",
                "session-server",
                access,
                json_bytes({"secret": secret}),
                request_id=request_id,
                secrets=(secret,),
            ),
            answers.session,
        )

    def end_session(self, access: Access) -> None:
        """Ends the session whose token `access` holds. bunq ignores the id in the path and documents no answer."""
        self._delete(Request("DELETE", "session/0", access))

    # The OAuth client. Source: bunq OpenAPI, OauthClient and OauthCallbackUrl.

    def list_oauth_clients(self, access: Access, user_id: int) -> tuple[OauthClient, ...]:
        """bunq allows one per user: list before creating."""
        return self._list(f"user/{user_id:d}/oauth-client", access, answers.oauth_clients)

    def read_oauth_client(self, access: Access, user_id: int, client_id: int) -> OauthClient:
        """`client_id` is bunq's number of the client, not the text that OAuth calls so."""
        path = f"user/{user_id:d}/oauth-client/{client_id:d}"
        return self._call(Request("GET", path, access), answers.oauth_client)

    def create_oauth_client(self, access: Access, user_id: int, *, request_id: str) -> int:
        return self._create(f"user/{user_id:d}/oauth-client", access, json_bytes({}), request_id)

    def list_callback_urls(self, access: Access, user_id: int, client_id: int) -> tuple[CallbackUrl, ...]:
        path = f"user/{user_id:d}/oauth-client/{client_id:d}/callback-url"
        return self._list(path, access, answers.callback_urls)

    def create_callback_url(
        self, access: Access, user_id: int, client_id: int, url: str, *, request_id: str
    ) -> int:
        path = f"user/{user_id:d}/oauth-client/{client_id:d}/callback-url"
        return self._create(path, access, json_bytes({"url": url}), request_id)

    # Draft payments. Source: bunq OpenAPI, PaymentServiceProviderDraftPayment.

    def create_draft(self, access: Access, user_id: int, body: bytes, *, request_id: str) -> int:
        """Sends `body` (from `draft_body`) as it is; the new draft's id."""
        return self._create(_drafts(user_id), access, body, request_id)

    def read_draft(self, access: Access, user_id: int, draft_id: int) -> Draft:
        """One draft as bunq shows it now. An answer about another draft is no answer."""
        path = f"{_drafts(user_id)}/{draft_id:d}"
        return self._call(Request("GET", path, access), partial(_draft_of, draft_id))

    def list_drafts(
        self, access: Access, user_id: int, *, count: int = COUNT_MAX, older_id: int | None = None
    ) -> DraftPage:
        """One page, newest first. bunq does not say whether `older_id` itself is in it: drop doubles by id."""
        request = Request("GET", _drafts(user_id), access, query=page_query(count, older_id))
        return self._call(request, answers.draft_page)

    def cancel_draft(self, access: Access, user_id: int, draft_id: int, *, request_id: str) -> None:
        """Asks bunq to close a draft. Whatever comes back, read the draft afterwards and believe that."""
        path = f"{_drafts(user_id)}/{draft_id:d}"
        body = json_bytes({"status": "CANCELLED"})
        self._call(Request("PUT", path, access, body, request_id=request_id), no_result)

    # Confirmation of funds. Source: bunq OpenAPI, ConfirmationOfFunds; bunq documentation "CBPII".

    def confirm_funds(self, access: Access, user_id: int, body: bytes) -> bool | None:
        """Whether the amount of `body` (from `funds_body`) is on that account now; None when bunq does not say.

        With our own session, not the payer's. Nothing is reserved. Whether it needs a connection of the account's
        holder is not documented: a refusal tells as little as None does. The answer is nobody's business but the
        payer's: do not keep it.
        """
        path = f"user/{user_id:d}/confirmation-of-funds"
        return self._call(Request("POST", path, access, body), payer_answers.has_funds)


def _drafts(user_id: int) -> str:
    return f"user/{user_id:d}/payment-service-provider-draft-payment"


def _credential_or_id(answer: Envelope) -> Credential | int:
    return answers.credential(answer) or answers.created_id(answer)


def _draft_of(draft_id: int, answer: Envelope) -> Draft:
    draft = answers.draft(answer)
    if draft.id not in (None, draft_id):
        raise Unreadable("the answer is about another draft")
    return draft
