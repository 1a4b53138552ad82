"""What the bank reads from a PSD2 certificate. Source: bunq documentation, PSD2; bunq OpenAPI."""

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox_bank import clock

_ROLES = ("PISP", "AISP", "CBPII")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class BadCertificate(ValueError):
    """The text says why, for the refusal."""


@dataclass(frozen=True)
class ProviderCertificate:
    distinguished_name: str
    name: str
    roles: list[str]
    key: rsa.RSAPublicKey


def read_certificate(pem: str) -> ProviderCertificate:
    """In the sandbox a self-signed certificate whose common name holds the role names. Raises BadCertificate."""
    certificate = _parse(pem)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadCertificate("The certificate has no RSA key.")
    if not certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc:
        raise BadCertificate("The certificate is not valid at this time.")
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    common_name = str(names[0].value) if names else ""
    roles = [role for role in _ROLES if role in common_name.split()]
    if not roles:
        raise BadCertificate("The certificate names no PSD2 role in its common name.")
    own_name = " ".join(word for word in common_name.split() if word not in _ROLES)
    return ProviderCertificate(_distinguished_name(certificate), own_name or common_name, roles, key)


def check_chain(pem: str) -> None:
    """At least one readable certificate. Who signed whom is not checked: the sandbox takes self-signed ones."""
    parts = _PEM.findall(pem)
    if not parts:
        raise BadCertificate("The certificate chain is empty.")
    for part in parts:
        _parse(part)


def _parse(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise BadCertificate("The certificate cannot be read.") from error


def _distinguished_name(certificate: x509.Certificate) -> str:
    """In OpenSSL's old one-line form, common name first, as bunq shows it."""
    parts = [(name.rfc4514_attribute_name, str(name.value)) for name in certificate.subject]
    parts.sort(key=lambda part: part[0] != "CN")
    return "".join(f"/{name}={value}" for name, value in parts)
