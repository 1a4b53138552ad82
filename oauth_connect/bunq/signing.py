"""RSA keys and signatures: SHA-256, PKCS#1 v1.5 padding, base64 in one line, over the exact bytes of a body.

Source: bunq documentation "Signing"; the text signed at registration: bunq SDKs, which all build the same bytes.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

KEY_BITS = 2048
# Bounds for a key that somebody else sends: a huge one would make every verification slow.
_KEY_BITS_ACCEPTED = range(2048, 8193)


def generate_private_key_pem() -> str:
    """A new RSA 2048 key, PKCS#8."""
    return private_key_to_pem(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))


def private_key_to_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_key_pem(private_key_pem: str) -> str:
    """The public half: SubjectPublicKeyInfo, 64-character lines, one newline at the end."""
    return _to_pem(_private_key(private_key_pem).public_key())


def canonical_public_key_pem(pem: str) -> str:
    """The same key as `public_key_pem` would write it.

    Forgives what bunq is seen to send: no newline at the end, literal backslash-n, unwrapped base64.
    Raises ValueError when it is not an RSA public key of 2048 to 8192 bits.
    """
    return _to_pem(_public_key(pem))


def sign(private_key_pem: str, data: bytes) -> str:
    """The signature of `data` in base64, one line. Raises ValueError when the key cannot be read."""
    signature = _private_key(private_key_pem).sign(data, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode("ascii")


def verify(public_key_pem: str, data: bytes, signature: str) -> bool:
    """Whether `signature` (base64) is the key owner's over exactly `data`. Anything unreadable is no signature."""
    try:
        raw = base64.b64decode(signature.encode("ascii"), validate=True)
        _public_key(public_key_pem).verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def sign_installation(
    certificate_private_key_pem: str, client_public_key_pem: str, installation_token: str
) -> str:
    """`client_public_key_signature`: proof that the certificate's owner owns the installation's key.

    Signed is the *client's* public key in canonical PEM, exactly one newline, and the token with nothing after it.
    """
    text = canonical_public_key_pem(client_public_key_pem) + installation_token
    return sign(certificate_private_key_pem, text.encode("utf-8"))


def _to_pem(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


# Checking a key's arithmetic costs a thousand times what reading it does. These keys are our own; one that comes from
# outside is checked when it comes (`oauth_connect.certificates`).
@lru_cache(maxsize=8)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode("utf-8"), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an unencrypted RSA private key in PEM")
    return key


@lru_cache(maxsize=8)
def _public_key(pem: str) -> rsa.RSAPublicKey:
    try:
        key = load_pem_public_key(pem.replace("\\n", "\n").strip().encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in _KEY_BITS_ACCEPTED:
        raise ValueError("not an RSA public key of 2048 to 8192 bits in PEM")
    return key
