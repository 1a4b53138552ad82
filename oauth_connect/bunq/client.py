"""bunq's API as typed calls: registration, OAuth client, draft payments.

Every call may raise any class of `errors`; after a write that raises OutcomeUnknown, look before sending again. A write
takes its request id from the caller, who has stored it. A 200 counts only when bunq's signature of its body holds and
the body is as documented; otherwise the outcome is unknown.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from oauth_connect.bunq import answers
from oauth_connect.bunq.calls import Request, believed, call
from oauth_connect.bunq.envelope import Envelope, Unreadable
from oauth_connect.bunq.errors import BunqError, OutcomeUnknown
from oauth_connect.bunq.transport import Transport
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

# The most that bunq gives in one page.
COUNT_MAX = 200
# OAuth clients and callback addresses are few; a longer listing is not what it should be.
PAGES_MAX = 10

T = TypeVar("T")


class BunqClient:
    """Calls to the bunq API at `api_url`, from any number of threads. Holds connections, but no token and no key."""

    def __init__(
        self, api_url: str, *, connect_timeout_s: float, read_timeout_s: float, user_agent: str = "Kassa"
    ) -> None:
        """`api_url` ends with the version (`…/v1/`). A whole answer has the sum of the two timeouts to arrive."""
        if urlsplit(api_url).scheme not in ("http", "https") or not urlsplit(api_url).hostname:
            raise ValueError("the API address is not an http(s) URL")
        self._base = api_url.rstrip("/") + "/"
        self._transport = Transport(
            connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s, user_agent=user_agent
        )

    def close(self) -> None:
        """Closes the kept connections of all threads."""
        self._transport.close()

    # Registration. Source: bunq documentation "PSD2", bunq SDKs.

    def create_installation(self, public_key_pem: str) -> Installation:
        """Makes our key known. Its answer brings bunq's key, so it is the one answer that cannot be verified."""
        body = _json({"client_public_key": public_key_pem})
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
        body = _json(
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
                _json(fields),
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
                _json({"secret": secret}),
                request_id=request_id,
                secrets=(secret,),
            ),
            answers.session,
        )

    def end_session(self, access: Access) -> None:
        """Ends the session whose token `access` holds. bunq ignores the id in the path and documents no answer."""
        believed(self._transport, self._base, Request("DELETE", "session/0", access))

    # The OAuth client. Source: bunq OpenAPI, OauthClient and OauthCallbackUrl.

    def list_oauth_clients(self, access: Access, user_id: int) -> tuple[OauthClient, ...]:
        """bunq allows one per user: list before creating."""
        return self._list(f"user/{user_id:d}/oauth-client", access, answers.oauth_clients)

    def read_oauth_client(self, access: Access, user_id: int, client_id: int) -> OauthClient:
        """`client_id` is bunq's number of the client, not the text that OAuth calls so."""
        path = f"user/{user_id:d}/oauth-client/{client_id:d}"
        return self._call(Request("GET", path, access), answers.oauth_client)

    def create_oauth_client(self, access: Access, user_id: int, *, request_id: str) -> int:
        return self._create(f"user/{user_id:d}/oauth-client", access, _json({}), request_id)

    def list_callback_urls(self, access: Access, user_id: int, client_id: int) -> tuple[CallbackUrl, ...]:
        path = f"user/{user_id:d}/oauth-client/{client_id:d}/callback-url"
        return self._list(path, access, answers.callback_urls)

    def create_callback_url(
        self, access: Access, user_id: int, client_id: int, url: str, *, request_id: str
    ) -> int:
        path = f"user/{user_id:d}/oauth-client/{client_id:d}/callback-url"
        return self._create(path, access, _json({"url": url}), request_id)

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
        request = Request("GET", _drafts(user_id), access, query=_page_query(count, older_id))
        return self._call(request, answers.draft_page)

    def cancel_draft(self, access: Access, user_id: int, draft_id: int, *, request_id: str) -> None:
        """Asks bunq to close a draft. Whatever comes back, read the draft afterwards and believe that."""
        path = f"{_drafts(user_id)}/{draft_id:d}"
        body = _json({"status": "CANCELLED"})
        self._call(Request("PUT", path, access, body, request_id=request_id), _no_result)

    # What all calls share.

    def _call(self, request: Request, read: Callable[[Envelope], T]) -> T:
        return call(self._transport, self._base, request, read)

    def _create(self, path: str, access: Access, body: bytes, request_id: str) -> int:
        return self._call(Request("POST", path, access, body, request_id=request_id), answers.created_id)

    def _list(self, path: str, access: Access, read: Callable[[Envelope], list[T]]) -> tuple[T, ...]:
        """Every page, newest first. Only the number in bunq's page address is used, never the address."""
        items: list[T] = []
        older_id: int | None = None
        for _ in range(PAGES_MAX):
            request = Request("GET", path, access, query=_page_query(COUNT_MAX, older_id))
            page, older_id = self._call(request, lambda answer: (read(answer), answer.older_id))
            items.extend(page)
            if older_id is None:
                return tuple(items)
        raise OutcomeUnknown(f"the listing has more than {PAGES_MAX} pages")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def _drafts(user_id: int) -> str:
    return f"user/{user_id:d}/payment-service-provider-draft-payment"


def _page_query(count: int, older_id: int | None) -> str:
    if not 1 <= count <= COUNT_MAX:
        raise ValueError(f"count is not between 1 and {COUNT_MAX}")
    return f"count={count:d}" if older_id is None else f"count={count:d}&older_id={older_id:d}"


def _credential_or_id(answer: Envelope) -> Credential | int:
    return answers.credential(answer) or answers.created_id(answer)


def _draft_of(draft_id: int, answer: Envelope) -> Draft:
    draft = answers.draft(answer)
    if draft.id not in (None, draft_id):
        raise Unreadable("the answer is about another draft")
    return draft


def _no_result(answer: Envelope) -> None:
    """For a write of whose answer only that it can be read matters."""
