"""IBANs, bank names and SEPA text: pure functions, many strange values."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from checkout.iban import certainly_not_bunq, mask_iban, normalise_iban, validate_iban, with_article
from checkout.sepa_text import draft_description, to_sepa

_SEPA = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")


@given(st.text(max_size=200), st.integers(min_value=10, max_value=140))
def test_whatever_is_written_the_bank_gets_sepa_text(text: str, length: int) -> None:
    plain = to_sepa(text, length)
    assert _SEPA.fullmatch(plain)
    assert len(plain) <= length
    assert plain == plain.strip()
    assert "//" not in plain


@given(st.text(max_size=60), st.text(max_size=40))
def test_a_description_fits_and_is_never_empty(shop: str, reference: str) -> None:
    assert 0 < len(draft_description(shop, reference)) <= 140


def complaints(text: str) -> list[str]:
    try:
        validate_iban(normalise_iban(text))
    except ValidationError as error:
        return list(error.messages)
    return []


@given(st.text(max_size=100))
def test_any_text_is_an_iban_or_gets_a_sentence(text: str) -> None:
    assert all(sentence.endswith(".") for sentence in complaints(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("José Ångström", "Jose Angstrom"),
        ("Straße & Söhne", "Strasse + Sohne"),
        ("Łukasz Øre Æsir Þór", "Lukasz Ore AEsir Thor"),
        ("ﬁne", "fine"),
        ("//a//b//", "a/b"),
        ("<b>x</b>", "bx/b"),
        ("😀", "Unnamed"),
        ("...", "Unnamed"),
    ],
)
def test_accents_go_and_letters_stay(text: str, plain: str) -> None:
    assert to_sepa(text, 70) == plain


def test_a_description_names_shop_and_order() -> None:
    assert draft_description("Café Zoë", "#1042") == "Cafe Zoe order 1042"
    assert draft_description("ß" * 60, "ß" * 40).endswith("s" * 80)


@pytest.mark.parametrize(
    ("iban", "bank"),
    [
        ("NL73BUNQ0000000012", None),
        ("NL69INGB0123456789", "ING"),
        ("NL91ABNA0417164300", "ABN AMRO"),
        ("BE68539007547034", None),  # a bank that the register does not know: bunq itself will say
    ],
)
def test_a_bank_is_named_only_when_it_is_certain(iban: str, bank: str | None) -> None:
    assert certainly_not_bunq(iban) == bank


@pytest.mark.parametrize(
    ("bic", "country_part"),
    [
        ("BUNQNL2A", "NL00BUNQ0000000000"),
        ("BUNQDE82", "DE00370190000000000000"),
        ("BUNQFRP2", "FR0027633000000000000000000"),
        ("BUNQESM2", "ES0015760000000000000000"),
        ("BUNQIE22", "IE00BUNQ00000000000000"),
        ("BUNQITM2", "IT00X0364700000000000000000"),
    ],
)
def test_bunq_accounts_of_every_country_may_pay(bic: str, country_part: str) -> None:
    assert certainly_not_bunq(country_part) is None, bic


def test_only_the_form_in_which_it_is_stored_is_valid() -> None:
    validate_iban("NL73BUNQ0000000012")
    with pytest.raises(ValidationError, match="without spaces"):
        validate_iban("NL73 BUNQ 0000 0000 12")


def test_articles_follow_the_sound() -> None:
    named = [
        with_article(name) for name in ("ING", "SNS", "KBC", "ABN AMRO", "Rabobank", "Allied Irish Banks")
    ]
    assert named == ["an ING", "an SNS", "a KBC", "an ABN AMRO", "a Rabobank", "an Allied Irish Banks"]


def test_an_iban_is_shown_by_its_ends_only() -> None:
    assert mask_iban("NL73BUNQ0000000012") == "NL73 •••• 0012"
    assert mask_iban("short") == "••••"
