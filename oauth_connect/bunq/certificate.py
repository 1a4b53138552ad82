"""The self-signed certificate that bunq's sandbox accepts in place of a QSEAL.

Source: bunq documentation "PSD2": in the sandbox the common name must contain the role names.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from oauth_connect.bunq.signing import KEY_BITS, private_key_to_pem

ROLES = "PISP AISP"
# X.520 bounds a common name.
COMMON_NAME_MAX = 64
LIFETIME = timedelta(days=3650)


def make_sandbox_certificate(name: str) -> tuple[str, str]:
    """A certificate for `name` and its private key, both PEM. Never for production: nobody vouches for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, _common_name(name)),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        ]
    )
    # A day back: the clocks of two machines differ.
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode("ascii"), private_key_to_pem(key)


def _common_name(name: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in name)
    room = COMMON_NAME_MAX - len(ROLES) - 1
    # The bound is in bytes of UTF-8; a character cut in two is left out.
    short = " ".join(printable.split()).encode("utf-8", "ignore")[:room].decode("utf-8", "ignore").strip()
    return f"{short or 'Kassa'} {ROLES}"
