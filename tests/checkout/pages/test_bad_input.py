"""Whatever is typed: a plain sentence at the field, the right status, nothing started, and it is kept to be mended."""

from html import unescape

import pytest
from django.test import Client

from checkout.models import Payment
from tests.checkout.pages.states import HOPPER, order, register

pytestmark = pytest.mark.django_db(transaction=True)

IBANS = [
    ("", "Please fill in an IBAN."),
    ("   ", "Please fill in an IBAN."),
    ("NL74BUNQ0000000012", "typing mistake"),
    ("NL73BUNQ000000001", "too few or too many"),
    ("ZZ73BUNQ0000000012", "first two letters"),
    ("hello", "not an IBAN"),
    ("NL69INGB0123456789", "This is an ING account; only bunq accounts can pay here."),
    ("NL91 ABNA 0417 1643 00", "This is an ABN AMRO account; only bunq accounts can pay here."),
    ("DE89370400440532013000", "This is a Commerzbank account; only bunq accounts can pay here."),
    ("N" * 10_000, "too long for an IBAN"),
    ("NL73BUNQ\x00000000012", "not an IBAN"),
    ("NL73BUNQ\x07000000012", "not an IBAN"),
    ("NL73 BUNQ 0000 0000 1😀", "not an IBAN"),
    ("NL73BUNQ00000000١2", "not an IBAN"),
    ("<script>alert(1)</script>", "not an IBAN"),
    ("'; DROP TABLE checkout_payment; --", "not an IBAN"),
]
NAMES = [
    ("", "Please fill in the name"),
    (" \t ", "Please fill in the name"),
    ("...", "Please fill in the name"),
    ("N" * 10_000, "shorten the name to 70"),
    ("a" + "\u0301" * 5_000, "shorten the name to 70"),
    ("Bobby \x00 Tables", "An invisible character cannot be part of a name at a bank."),
    ("Bobby \x1b[31m", "cannot be part of a name"),
    ("\u202eyeliaB", "An invisible character cannot be part of a name"),
    ("S. \u200bHopper", "An invisible character cannot be part of a name"),
    ("محمد", "in Latin letters"),
    ("Ольга", "in Latin letters"),
    ("Hopper 😀", "cannot be part of a name"),
    ("<b>Hopper</b>", "“<” cannot be part of a name"),
    ('"><img src=x onerror=alert(1)>', "cannot be part of a name"),
    ("Hop\ufffdper", "cannot be part of a name"),
]


def refused(client: Client, iban: str, name: str) -> str:
    made = order()
    answer = client.post(f"{made.get_absolute_url()}pay", {"iban": iban, "name": name})
    assert answer.status_code == 422
    assert not Payment.objects.exists()
    return str(answer.content.decode())


@pytest.mark.parametrize(("iban", "sentence"), IBANS, ids=[repr(iban)[:30] for iban, _ in IBANS])
def test_an_iban_that_cannot_pay_gets_a_sentence_at_its_field(
    client: Client, iban: str, sentence: str
) -> None:
    text = unescape(refused(client, iban, "S. Hopper"))
    assert sentence in text.split('id="id_iban_error"')[1].split("</p>")[0]
    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="id_iban_error"' in text
    assert 'value="S. Hopper"' in text


@pytest.mark.parametrize(("name", "sentence"), NAMES, ids=[repr(name)[:30] for name, _ in NAMES])
def test_a_name_no_bank_can_carry_gets_a_sentence_at_its_field(
    client: Client, name: str, sentence: str
) -> None:
    text = refused(client, HOPPER, name)
    assert sentence in unescape(text).split('id="id_name_error"')[1].split("</p>")[0]
    assert f'value="{HOPPER}"' in text
    assert "<b>Hopper" not in text
    assert "<img src=x" not in text
    assert "\x00" not in text
    assert "\u202e" not in text


def test_what_was_typed_is_kept_to_be_mended(client: Client) -> None:
    text = unescape(refused(client, "NL69 INGB 0123 4567 89", "Hopper <3"))
    assert 'value="NL69 INGB 0123 4567 89"' in text
    assert 'value="Hopper <3"' in text


@pytest.mark.parametrize(
    "iban",
    [
        "nl73bunq0000000012",
        " NL73 BUNQ 0000 0000 12 ",
        "IBAN: NL73-BUNQ-0000-0000-12",
        "NL73\u00a0BUNQ\u20090000.0000.12",
        "\u200eNL73BUNQ0000000012\u202c",
    ],
)
def test_an_iban_is_read_however_it_is_written(client: Client, iban: str) -> None:
    made = order()
    client.post(f"{made.get_absolute_url()}pay", {"iban": iban, "name": "Zoë Ångström-Łódź O’Neil"})
    started = made.payments.get()
    assert started.payer_iban == HOPPER
    assert started.payer_name == "Zoë Ångström-Łódź O’Neil"
    assert "Zoe Angstrom-Lodz O'Neil" in started.request_body


@pytest.mark.parametrize(
    "query", ["?x=%00", "?x=%ff%fe", "?" + "a" * 5_000, "?state=%E2%80%AE", "?a=1&a=2&a[]=%F0%9F%98%80"]
)
def test_nonsense_in_the_query_changes_nothing(client: Client, query: str) -> None:
    register()
    made = order()
    for path in ("", "status", "returned", "receipt"):
        assert client.get(f"{made.get_absolute_url()}{path}{query}").status_code in {200, 303}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"iban": ', "application/json", 422),
        (b"iban=%ff%fe&name=%00", "application/x-www-form-urlencoded", 422),
        (b"\x00\x01\x02", "application/octet-stream", 422),
        (b"--nonsense", "multipart/form-data; boundary=x", 422),
        (b"no boundary", "multipart/form-data", 400),
        (b"iban=" + b"9" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(2_000)), "application/x-www-form-urlencoded", 400),
    ],
)
def test_bodies_that_are_no_form_get_a_sentence(client: Client, body: bytes, kind: str, status: int) -> None:
    made = order()
    answer = client.post(f"{made.get_absolute_url()}pay", body, content_type=kind)
    assert answer.status_code == status
    assert "<h1" in answer.content.decode()
    assert not Payment.objects.exists()
