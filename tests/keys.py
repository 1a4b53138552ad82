"""RSA keys without the search for two primes, which is nearly all that making one takes.

Any two of the primes here make a key that is as good as another one, but for being no secret. No key comes twice
before all pairs were used up: that is several hundred keys in one process.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

PUBLIC_EXPONENT, BITS = 65537, 2048
_PRIMES = tuple(int(line, 16) for line in Path(__file__).with_name("primes.txt").read_text().split())


@contextmanager
def quickly_made_keys() -> Iterator[None]:
    """While this is open, whoever asks for a new key of the usual kind in this process gets such a one."""
    search, turn = rsa.generate_private_key, threading.Lock()
    pairs = itertools.cycle(itertools.combinations(_PRIMES, 2))

    def make(public_exponent: int, key_size: int, backend: Any = None) -> rsa.RSAPrivateKey:
        if (public_exponent, key_size) != (PUBLIC_EXPONENT, BITS):
            return search(public_exponent, key_size, backend)
        with turn:
            p, q = next(pairs)
        return key_of(p, q)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", make)
        yield


def key_of(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(PUBLIC_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
