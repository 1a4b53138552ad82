"""The same over TLS, as with the real bank: what is known of a call does not depend on the connection's kind."""

import ipaddress
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import NotSent, OutcomeUnknown
from oauth_connect.bunq.oauth import exchange_code
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, Handler, HostileBank, head

CREATED = Answer({"Response": [{"Id": {"id": 70001}}, bunq.draft()]})


def certificate_for_loopback(key_pem: str) -> str:
    key = load_pem_private_key(key_pem.encode(), password=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())  # type: ignore[arg-type]  # an RSA key
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]  # an RSA key
    )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


@pytest.fixture
def tls_bank(banks_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileBank]:
    """A bank that speaks TLS, with a certificate that this machine trusts for the length of a test."""
    certificate = tmp_path / "bank.pem"
    certificate.write_text(certificate_for_loopback(banks_key) + banks_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with HostileBank(banks_key, tls=context) as bank:
        yield bank


@pytest.fixture
def tls_client(tls_bank: HostileBank) -> Iterator[BunqClient]:
    client = BunqClient(tls_bank.api_url, connect_timeout_s=5, read_timeout_s=10)
    yield client
    client.close()


def test_calls_share_one_verified_connection(
    tls_client: BunqClient, tls_bank: HostileBank, access: Access, our_key: str
) -> None:
    tls_bank.will(CREATED)
    for _ in range(3):
        assert calls.SIGNED["create_draft"](tls_client, access) == 70001
    assert len({seen.connection for seen in tls_bank.seen}) == 1
    signature = tls_bank.last.headers["X-Bunq-Client-Signature"]
    assert signing.verify(signing.public_key_pem(our_key), tls_bank.last.body, signature)


def test_certificate_for_another_host_means_not_sent(tls_bank: HostileBank, access: Access) -> None:
    tls_bank.will(CREATED)
    client = BunqClient(f"https://localhost:{tls_bank.port}/v1/", connect_timeout_s=1, read_timeout_s=1)
    with pytest.raises(NotSent):
        calls.SIGNED["create_draft"](client, access)
    client.close()
    assert tls_bank.seen == []


@pytest.mark.parametrize(
    "beginning", [b"", head(200, {"Content-Length": "100"}), head(200, {"Connection": "close"})]
)
def test_answer_that_drips_is_cut_off_when_the_time_is_over(
    beginning: bytes, tls_bank: HostileBank, access: Access
) -> None:
    def drip(handler: Handler) -> None:
        handler.write(beginning)
        while not handler.close_connection and not tls_bank.closing.wait(0.05):
            handler.write(b"1")

    tls_bank.will(drip)
    client = BunqClient(tls_bank.api_url, connect_timeout_s=1.5, read_timeout_s=0.5)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="took too long"):
        calls.SIGNED["create_draft"](client, access)
    assert time.monotonic() - started < 10
    client.close()


def test_lost_answer_leaves_the_outcome_unknown_and_a_read_on_a_kept_connection_is_repeated(
    tls_client: BunqClient, tls_bank: HostileBank, access: Access
) -> None:
    tls_bank.will(CREATED, Handler.hang_up, CREATED)
    calls.SIGNED["create_draft"](tls_client, access)
    assert calls.SIGNED["read_draft"](tls_client, access).id == 70001
    tls_bank.will(Handler.hang_up)
    with pytest.raises(OutcomeUnknown):
        calls.SIGNED["create_draft"](tls_client, access)


def test_code_is_exchanged(tls_bank: HostileBank) -> None:
    tls_bank.will(Answer({"access_token": "a77b"}))
    token = exchange_code(
        f"{tls_bank.url}/v1/token",
        code="c0de",
        redirect_uri="https://shop.example/connect/return",
        client_id="client",
        client_secret="s3cret",
        connect_timeout_s=5,
        read_timeout_s=10,
    )
    assert token.value == "a77b"
    assert "code=c0de&" in tls_bank.last.path
