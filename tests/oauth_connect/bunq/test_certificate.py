"""The sandbox certificate says the roles in its name, and fits."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from oauth_connect.bunq.certificate import make_sandbox_certificate


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_certificate_names_the_roles_and_the_country() -> None:
    pem, _ = make_sandbox_certificate("Demo Shop")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert common_name(certificate) == "Demo Shop PISP AISP"
    assert certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)[0].value == "NL"


def test_certificate_is_signed_by_the_key_that_comes_with_it() -> None:
    pem, key_pem = make_sandbox_certificate("Demo Shop")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert load_pem_private_key(key_pem.encode(), None).public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(certificate)


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 500, "Café Ünïcödé", "line\nbreak\x00", "very long " * 10, "日本" * 90]
)
def test_common_name_always_fits_and_ends_with_the_roles(name: str) -> None:
    pem, _ = make_sandbox_certificate(name)
    text = common_name(x509.load_pem_x509_certificate(pem.encode()))
    assert len(text) <= 64
    assert text.endswith(" PISP AISP")
    assert len(text) > len(" PISP AISP")
    assert text.isprintable()
