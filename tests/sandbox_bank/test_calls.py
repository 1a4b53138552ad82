"""What holds for every call: envelope, headers, signatures both ways, request ids."""

import base64
from collections.abc import Callable

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Answer, Provider, draft_body, sign

NewProvider = Callable[..., Provider]


def test_every_200_after_the_installation_is_signed(provider: Provider) -> None:
    draft = provider.place()
    answers = [
        provider.call("GET", "user"),
        provider.call("GET", f"user/{provider.user_id}"),
        provider.call("GET", f"user/{provider.user_id}/oauth-client"),
        provider.call("GET", provider.drafts_path),
        provider.call("GET", f"{provider.drafts_path}/{draft}"),
        provider.cancel(draft),
        provider.session(provider.api_key),
    ]
    assert [(answer.status, provider.signed_rightly(answer)) for answer in answers] == [(200, True)] * 7


def test_the_answer_to_an_installation_is_not_signed_and_each_installation_gets_its_own_bank_key(
    new_provider: NewProvider,
) -> None:
    one, other = new_provider(), new_provider()
    assert "X-Bunq-Server-Signature" not in one.install().headers
    other.install()
    assert one.server_key != other.server_key


def test_an_answer_carries_its_own_id_and_echoes_ours(provider: Provider) -> None:
    answer = provider.call("GET", "user", request_id="our id 1")
    assert answer.headers["X-Bunq-Client-Request-Id"] == "our id 1"
    assert len(answer.headers["X-Bunq-Client-Response-Id"]) == 36


def test_an_error_has_bunqs_envelope(provider: Provider) -> None:
    answer = provider.call("GET", f"{provider.drafts_path}/999999")
    assert answer.status == 404
    text = 'PaymentServiceProviderDraftPayment for id "999999" not found.'
    assert answer.json == {"Error": [{"error_description": text, "error_description_translated": text}]}
    assert provider.signed_rightly(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nonsense", 404),
        ("GET", "user/1/", 404),
        ("PATCH", "user", 405),
        ("DELETE", "user", 405),
        ("POST", "user", 405),
    ],
)
def test_a_path_or_method_that_does_not_exist_is_said_so(
    provider: Provider, method: str, path: str, status: int
) -> None:
    answer = provider.call(method, path)
    assert answer.status == status
    assert answer.text


@pytest.mark.parametrize("raw", [b"{", b"7", b'"text"', b"[1]", b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_refused(provider: Provider, raw: bytes) -> None:
    assert provider.call("POST", provider.drafts_path, raw=raw).status == 400


def test_a_body_is_json_whatever_its_content_type_says(provider: Provider) -> None:
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        answer = provider.call("POST", provider.drafts_path, draft_body(), headers={"Content-Type": kind})
        assert answer.status == 200


def test_a_huge_body_is_refused(provider: Provider) -> None:
    assert provider.call("POST", provider.drafts_path, raw=b" " * 3_000_000).status == 400


def test_a_signature_is_checked_wherever_there_is_one(provider: Provider) -> None:
    other = sign(provider.key, b"other bytes")
    for method, path in (
        ("GET", "user"),
        ("POST", provider.drafts_path),
        ("PUT", f"{provider.drafts_path}/1"),
    ):
        answer = provider.call(method, path, signature=other)
        assert (answer.status, answer.text) == (401, "The request signature is invalid.")
    assert provider.call("GET", "user", signature="@@@").status == 401
    assert provider.call("GET", "user", signature=base64.b64encode(b"short").decode()).status == 401


def test_466_where_a_signature_is_needed_and_nowhere_else(bank: SandboxBank, provider: Provider) -> None:
    draft = provider.place()
    assert provider.call("POST", provider.drafts_path, draft_body(), signature="").status == 466
    assert provider.call("GET", "user", signature="").status == 200
    assert provider.cancel(draft, signature="").status == 200
    bank.control("POST", "behaviour", {"signatures": "all"})
    assert provider.cancel(draft, signature="").status == 466
    assert provider.call("GET", "user", signature="").status == 200


def test_a_request_id_works_once_for_a_write_and_any_number_of_times_for_a_read(provider: Provider) -> None:
    def place(request_id: str) -> Answer:
        return provider.call("POST", provider.drafts_path, draft_body(), request_id=request_id)

    assert place("once").status == 200
    again = place("once")
    assert (again.status, again.text) == (400, "The request id has already been used.")
    assert len(provider.call("GET", provider.drafts_path, request_id="once").json["Response"]) == 1
    assert provider.call("GET", provider.drafts_path, request_id="once").status == 200
    provider.log_in(provider.api_key)
    assert place("once").status == 400


def test_a_request_that_failed_does_not_use_its_id_up(provider: Provider) -> None:
    refused = provider.call("POST", provider.drafts_path, {}, request_id="again")
    assert refused.status == 400
    assert provider.call("POST", provider.drafts_path, draft_body(), request_id="again").status == 200


def test_another_installation_has_request_ids_of_its_own(new_provider: NewProvider) -> None:
    one, other = new_provider().register(), new_provider().register()
    assert one.call("POST", one.drafts_path, draft_body(), request_id="shared").status == 200
    assert other.call("POST", other.drafts_path, draft_body(), request_id="shared").status == 200


def test_a_geolocation_has_five_parts(provider: Provider) -> None:
    for value, status in (("0 0 0 0 000", 200), ("0 0 0 0 NL", 200), ("somewhere", 400)):
        assert provider.call("GET", "user", headers={"X-Bunq-Geolocation": value}).status == status


def test_somebody_elses_user_id_is_forbidden(provider: Provider) -> None:
    assert provider.call("GET", f"user/{provider.user_id + 1}").status == 403
    assert provider.call("GET", "user/1/payment-service-provider-draft-payment").status == 403
