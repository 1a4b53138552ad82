"""Signatures of the bank's side: RSA 2048, SHA-256, PKCS#1 v1.5, over the exact bytes of the body.

Source: bunq documentation, Signing.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class BadKey(ValueError):
    """Not an RSA key of at least 2048 bits in PEM."""


def new_key_pair() -> tuple[str, str]:
    """PEM texts, private and public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), _canonical(key.public_key())


def canonical_public_pem(pem: str) -> str:
    """The bank's own form of a client's key: 64 signs a line, no newline at the end.

    Clients send it with and without a final newline, and even in one unwrapped line; all of them are accepted.
    """
    return _canonical(_load_public(_unfolded(pem))).rstrip("\n")


def _unfolded(pem: str) -> str:
    """An unwrapped base64 line is not PEM to every parser: wrap it again."""
    begin, end = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
    text = pem.replace("\\n", "\n").strip()
    if not (text.startswith(begin) and text.endswith(end)):
        raise BadKey("not a public key in PEM")
    body = "".join(text[len(begin) : -len(end)].split())
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([begin, *lines, end, ""])


def _canonical(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


@lru_cache(maxsize=512)
def _load_public(pem: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey("not a public key in PEM") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
        raise BadKey("not an RSA key of 2048 bits")
    return key


@lru_cache(maxsize=512)
def _load_private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadKey("not an RSA key")
    return key


def sign(private_pem: str, data: bytes) -> str:
    signature = _load_private(private_pem).sign(data, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def is_signed(public_pem: str, data: bytes, signature: str) -> bool:
    return is_signed_by(_load_public(public_pem), data, signature)


def is_signed_by(key: rsa.RSAPublicKey, data: bytes, signature: str) -> bool:
    """`signature` is base64 in one line."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
