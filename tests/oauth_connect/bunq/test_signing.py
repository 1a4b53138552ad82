"""Signatures are over exactly the bytes, and the text signed at registration is exactly bunq's."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from oauth_connect.bunq import signing

# Made once with OpenSSL 3 (`openssl genpkey`, `openssl dgst -sha256 -sign`), not with our code.
VECTOR_FILES = Path(__file__).parent / "vectors"
TOKEN = "inst-0f3a5be1"


def vector(name: str) -> str:
    return (VECTOR_FILES / name).read_text("ascii")


def is_signed(public_pem: str, data: bytes, signature: str) -> bool:
    """An independent look: straight through `cryptography`, not through our `verify`."""
    key = load_pem_public_key(public_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(base64.b64decode(signature), data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_new_key_is_rsa_2048_in_pkcs8() -> None:
    pem = signing.generate_private_key_pem()
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert pem.startswith("-----BEGIN PRIVATE KEY-----\n")


def test_public_key_is_spki_in_lines_of_64_with_one_newline_at_the_end(our_key: str) -> None:
    pem = signing.public_key_pem(our_key)
    lines = pem.split("\n")
    assert lines[0] == "-----BEGIN PUBLIC KEY-----"
    assert lines[-2:] == ["-----END PUBLIC KEY-----", ""]
    assert {len(line) for line in lines[1:-3]} == {64}


def test_public_key_is_what_openssl_derives() -> None:
    assert signing.public_key_pem(vector("client.key")) == vector("client.pub")


@pytest.mark.parametrize("name", ["body", "empty"])
def test_signature_is_what_openssl_makes(name: str) -> None:
    data = {"body": b'{"secret": "api-key"}', "empty": b""}[name]
    assert signing.sign(vector("client.key"), data) == vector(f"{name}.sig").strip()


def test_signature_is_one_line_of_base64(our_key: str) -> None:
    signature = signing.sign(our_key, b"x" * 5000)
    assert "\n" not in signature
    assert len(base64.b64decode(signature, validate=True)) == 256


def test_registration_signature_is_what_the_openssl_recipe_makes() -> None:
    """`cat installation.pub token | openssl dgst -sha256 -sign certificate.key`, the token without a newline."""
    made = signing.sign_installation(vector("certificate.key"), vector("client.pub"), TOKEN)
    assert made == vector("registration.sig").strip()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda pem: pem, id="with a final newline"),
        pytest.param(lambda pem: pem.rstrip("\n"), id="without a final newline"),
        pytest.param(lambda pem: pem + "\n\n", id="with several"),
        pytest.param(lambda pem: pem.replace("\n", "\r\n"), id="with Windows lines"),
        pytest.param(lambda pem: pem.replace("\n", "\\n"), id="with literal backslash-n"),
    ],
)
def test_registration_signature_does_not_depend_on_the_form_of_the_key(form: Callable[[str], str]) -> None:
    made = signing.sign_installation(vector("certificate.key"), form(vector("client.pub")), TOKEN)
    assert made == vector("registration.sig").strip()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("a newline after the token", "{pem}{token}\n"),
        ("no newline before the token", "{bare}{token}"),
        ("two newlines before the token", "{pem}\n{token}"),
    ],
)
def test_registration_signature_is_of_no_other_text(wrong: str, text: str) -> None:
    pem = vector("client.pub")
    certificate_public = signing.public_key_pem(vector("certificate.key"))
    made = signing.sign_installation(vector("certificate.key"), pem, TOKEN)
    assert is_signed(certificate_public, (pem + TOKEN).encode(), made)
    assert not is_signed(
        certificate_public, text.format(pem=pem, bare=pem.rstrip("\n"), token=TOKEN).encode(), made
    ), wrong


def test_verify_knows_true_from_false(our_key: str, banks_key: str) -> None:
    public, data = signing.public_key_pem(our_key), b'{"Response":[]}'
    signature = signing.sign(our_key, data)
    assert signing.verify(public, data, signature)
    assert not signing.verify(public, data + b"\n", signature)
    assert not signing.verify(public, b"", signature)
    assert not signing.verify(signing.public_key_pem(banks_key), data, signature)


@pytest.mark.parametrize("signature", ["", "!", "AAAA", "é", "A" * 100_000, "AAAA\n", " "])
def test_nonsense_is_no_signature(our_key: str, signature: str) -> None:
    assert not signing.verify(signing.public_key_pem(our_key), b"x", signature)


def test_wrapped_base64_is_no_signature(our_key: str) -> None:
    signature = signing.sign(our_key, b"x")
    assert not signing.verify(signing.public_key_pem(our_key), b"x", signature[:76] + "\n" + signature[76:])


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_nothing_is_signed_by_an_unreadable_key(pem: str) -> None:
    assert not signing.verify(pem, b"x", "AAAA")


def test_bank_key_is_accepted_in_every_form_that_was_seen(our_key: str) -> None:
    pem = signing.public_key_pem(our_key)
    begin, *middle, end = pem.strip().split("\n")
    forms = [pem, pem.strip(), pem.replace("\n", "\\n"), f"{begin}\n{''.join(middle)}\n{end}", f"\n {pem}"]
    assert {signing.canonical_public_key_pem(form) for form in forms} == {pem}


def test_bank_key_that_is_too_weak_or_no_rsa_key_is_refused() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    for key in (weak, curve):
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(ValueError, match="not an RSA public key"):
            signing.canonical_public_key_pem(pem)


def test_unreadable_private_key_is_named_but_not_shown() -> None:
    with pytest.raises(ValueError, match="not an unencrypted RSA private key") as caught:
        signing.sign("-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----", b"x")
    assert "CANARY" not in repr(caught.value)
    assert caught.value.__context__ is None
