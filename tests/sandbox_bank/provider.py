"""A payment service provider of the tests' own: speaks to the bank by hand and imports nothing that it checks."""

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.banks import SandboxBank

HOPPER, JOINT = "NL73BUNQ0000000012", "NL49BUNQ0000000056"
POOR = "NL37BUNQ0000000078"
SHOP = "NL61BUNQ0000000034"
RETURN = "https://shop.example/connect/return"
# Keys are made once per test run: their making is the slow part.
_KEYS: list[rsa.RSAPrivateKey] = []


def a_key(number: int = 0) -> rsa.RSAPrivateKey:
    while len(_KEYS) <= number:
        _KEYS.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return _KEYS[number]


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def sign(key: rsa.RSAPrivateKey, data: bytes) -> str:
    return base64.b64encode(key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()


def certificate(
    key: rsa.RSAPrivateKey,
    common_name: str = "Test Shop PISP AISP",
    *,
    starts: datetime | None = None,
    days: int = 30 * 365,
) -> str:
    """It lasts longer than any test moves the bank's clock."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        ]
    )
    start = starts or datetime.now(UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def draft_body(**changes: Any) -> dict[str, Any]:
    return {
        "sender_iban": HOPPER,
        "sender_name": "S. Hopper",
        "counterparty_iban": SHOP,
        "counterparty_name": "Demo Shop BV",
        "description": "Demo Shop order 1042",
        "amount": {"value": "12.50", "currency": "EUR"},
        **changes,
    }


@dataclass
class Answer:
    """One answer, with its JSON if it is some."""

    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return str(self.json["Error"][0]["error_description"])

    def entry(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = next(entry[kind] for entry in self.json["Response"] if kind in entry)
        return found

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [entry[kind] for entry in self.json["Response"]]


@dataclass
class Provider:
    """Registers, places drafts, has codes exchanged."""

    bank: SandboxBank
    key_number: int = 0
    common_name: str = "Test Shop PISP AISP"
    token: str = ""
    installation_token: str = ""
    server_key: str = ""
    api_key: str = ""
    user_id: int = 0
    client: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = a_key(self.key_number)
        self.http = requests.Session()
        self.http.trust_env = False

    def close(self) -> None:
        self.http.close()

    # calls

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        signature: str | None = None,
        request_id: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """`signature` None = sign as it should be, "" = not at all, anything else = as given."""
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        sent = {"User-Agent": "tests", "Cache-Control": "no-cache"}
        sent["X-Bunq-Client-Request-Id"] = request_id or str(uuid.uuid4())
        token = self.token if token is None else token
        if token:
            sent["X-Bunq-Client-Authentication"] = token
        signature = sign(self.key, data) if signature is None else signature
        if signature:
            sent["X-Bunq-Client-Signature"] = signature
        sent |= headers or {}
        got = self.http.request(method, self.bank.api_url + path, data=data, headers=sent, timeout=20)
        return Answer(got.status_code, got.content, got.headers)

    def signed_rightly(self, answer: Answer) -> bool:
        key = serialization.load_pem_public_key(self.server_key.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        signature = base64.b64decode(answer.headers["X-Bunq-Server-Signature"])
        key.verify(signature, answer.body, padding.PKCS1v15(), hashes.SHA256())
        return True

    # registration

    def install(self) -> Answer:
        pem = public_pem(self.key)
        answer = self.call("POST", "installation", {"client_public_key": pem}, token="", signature="")
        self.installation_token = answer.entry("Token")["token"]
        self.server_key = answer.entry("ServerPublicKey")["server_public_key"]
        return answer

    def credential_body(self, **changes: Any) -> dict[str, Any]:
        leaf = certificate(a_key(9), self.common_name)
        signed = (public_pem(self.key) + self.installation_token).encode()
        return {
            "client_payment_service_provider_certificate": leaf,
            "client_payment_service_provider_certificate_chain": leaf,
            "client_public_key_signature": sign(a_key(9), signed),
            **changes,
        }

    def credential(self, **changes: Any) -> Answer:
        body = self.credential_body(**changes)
        return self.call("POST", "payment-service-provider-credential", body, token=self.installation_token)

    def device(self, secret: str, **more: Any) -> Answer:
        body = {"description": "tests", "secret": secret, **more}
        return self.call("POST", "device-server", body, token=self.installation_token)

    def session(self, secret: str, *, signature: str | None = None) -> Answer:
        token = self.installation_token
        return self.call("POST", "session-server", {"secret": secret}, token=token, signature=signature)

    def register(self) -> "Provider":
        self.install()
        self.api_key = self.credential().entry("CredentialPasswordIp")["token_value"]
        assert self.device(self.api_key).status == 200
        return self.log_in(self.api_key)

    def log_in(self, secret: str) -> "Provider":
        answer = self.session(secret)
        assert answer.status == 200, answer.body
        self.token = answer.entry("Token")["token"]
        self.user_id = next(iter(answer.json["Response"][2].values()))["id"]
        return self

    # OAuth

    def connect(self, url: str = RETURN) -> "Provider":
        clients = f"user/{self.user_id}/oauth-client"
        client_id = self.call("POST", clients, {}).entry("Id")["id"]
        assert self.call("POST", f"{clients}/{client_id}/callback-url", {"url": url}).status == 200
        self.client = self.call("GET", f"{clients}/{client_id}").entry("OauthClient")
        return self

    def authorize_url(self, **changes: str) -> str:
        words = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": RETURN,
            "state": "a state",
            **changes,
        }
        return f"{self.bank.authorize_url}?{urlencode(words)}"

    def exchange(self, code: str, **changes: str) -> Answer:
        words = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": RETURN,
            "client_id": self.client["client_id"],
            "client_secret": self.client["secret"],
            **changes,
        }
        got = self.http.post(self.bank.token_url, params=words, timeout=20)
        return Answer(got.status_code, got.content, got.headers)

    # drafts

    @property
    def drafts_path(self) -> str:
        return f"user/{self.user_id}/payment-service-provider-draft-payment"

    def place(self, **changes: Any) -> int:
        answer = self.call("POST", self.drafts_path, draft_body(**changes))
        assert answer.status == 200, answer.body
        return int(answer.entry("Id")["id"])

    def read(self, draft_id: int) -> dict[str, Any]:
        return self.call("GET", f"{self.drafts_path}/{draft_id}").entry("PaymentServiceProviderDraftPayment")

    def cancel(self, draft_id: int, **how: Any) -> Answer:
        return self.call("PUT", f"{self.drafts_path}/{draft_id}", {"status": "CANCELLED"}, **how)


def query_of(url: str | None) -> dict[str, str]:
    assert url is not None
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
