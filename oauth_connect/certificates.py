"""The certificate of a licensed payment service provider, as files that an operator names."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


@dataclass(frozen=True)
class CertificateFiles:
    """A QSEAL certificate, its chain (intermediates and root, without the leaf) and its private key, all PEM."""

    certificate_pem: str
    chain_pem: str
    key_pem: str = field(repr=False)


def read_certificate_files(certificate: Path, chain: Path, key: Path) -> CertificateFiles:
    """Read the three files and check that they belong together. Raises ValueError in words for the operator."""
    leaf = _certificates(certificate)[0]
    links = _certificates(chain)
    private = _private_key(key)
    if leaf.public_key() != private.public_key():
        raise ValueError(f"{key} is not the private key of {certificate}")
    return CertificateFiles(
        certificate_pem=_pem(leaf),
        chain_pem="".join(_pem(link) for link in links),
        key_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise ValueError(f"{path} holds no certificate in PEM") from None


def _private_key(path: Path) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except TypeError:
        raise ValueError(
            f"{path} is protected by a passphrase: store it without one, readable by you alone"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"{path} holds no private key in PEM") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} is not an RSA key")
    return key


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
