"""What a shopper types, checked.

To ask for one more thing, add a field here and show it in templates/checkout/states/_pay_form.html.
"""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError

from checkout.conf import configuration
from checkout.iban import certainly_not_bunq, normalise_iban, validate_iban, with_article
from checkout.sepa_text import to_sepa

# With blanks, dashes and a pasted "IBAN:"; whatever is longer is no IBAN.
_TYPED_IBAN_LENGTH = 64
NAME_LENGTH = 70
_NAME_PUNCTUATION = frozenset(" .,'’-‐‑&/()+")
# Shown back to the person at most; nobody reads ten thousand characters in a one-line field.
_SHOWN_LENGTH = 10_000
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class _TypedText(forms.TextInput):
    """Shows back what was typed, but for characters that no eye can see and some can be misled by."""

    def format_value(self, value: object) -> str | None:
        return None if value is None else _visible(str(value))[:_SHOWN_LENGTH]


def _visible(text: str) -> str:
    """Without control characters and without marks that reorder or hide text."""
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)


class IbanField(forms.CharField):
    """An IBAN in any usual spelling; `cleaned` is in capitals without blanks."""

    default_error_messages = {"required": "Please fill in an IBAN."}

    def to_python(self, value: object) -> str:
        text = super().to_python(value) or ""
        if len(text) > _TYPED_IBAN_LENGTH:
            raise ValidationError("This is too long for an IBAN.", code="length")
        return normalise_iban(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        validate_iban(value)


class NameField(forms.CharField):
    """A name as typed. Django's own sentence about null characters would be the only one not meant for shoppers."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value) or ""
        if "\x00" in text:
            _refuse_in_name("\x00")
        return text


class PaymentForm(forms.Form):
    """Who pays: the payer's bunq IBAN and name."""

    iban = IbanField(
        label="Your bunq IBAN",
        widget=_TypedText(
            attrs={
                # HTML has no token for IBANs; "on" lets browsers offer what was typed before.
                "autocomplete": "on",
                "autocapitalize": "characters",
                "autocorrect": "off",
                "spellcheck": "false",
                "placeholder": "NL00 BUNQ 0000 0000 00",
                "maxlength": _TYPED_IBAN_LENGTH,
                "enterkeyhint": "next",
            }
        ),
    )
    name = NameField(
        label="Name of the account holder",
        error_messages={"required": "Please fill in the name of the account holder."},
        widget=_TypedText(
            attrs={
                "autocomplete": "name",
                "autocapitalize": "words",
                "maxlength": NAME_LENGTH,
                "enterkeyhint": "go",
            }
        ),
    )
    remember = forms.BooleanField(
        label="Remember my bank in this browser",
        required=False,
        widget=forms.CheckboxInput(attrs={"aria-describedby": "id_remember_hint"}),
    )

    @property
    def kept_days(self) -> int:
        """How long a bank that is to be remembered is kept."""
        return configuration().remembered_for.days

    def clean_iban(self) -> str:
        iban: str = self.cleaned_data["iban"]
        bank = certainly_not_bunq(iban)
        if bank is not None:
            raise ValidationError(
                f"This is {with_article(bank)} account; only bunq accounts can pay here.", code="not_bunq"
            )
        return iban

    def clean_name(self) -> str:
        # Composed letters, so that one letter is one character; blanks of any kind and number become one.
        name = unicodedata.normalize("NFC", " ".join(self.cleaned_data["name"].split()))
        if len(name) > NAME_LENGTH:
            raise ValidationError(f"Please shorten the name to {NAME_LENGTH} characters.", code="length")
        for character in name:
            _refuse_in_name(character)
        if not any(character.isalpha() for character in name):
            raise ValidationError("Please fill in the name of the account holder.", code="required")
        return name

    def to_first_error(self) -> "PaymentForm":
        """Let the page open with the cursor in the first field that needs another look."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["autofocus"] = True
                break
        return self


def _refuse_in_name(character: str) -> None:
    """Raises `ValidationError` unless a bank can carry this character, if need be without its accent."""
    kind = unicodedata.category(character)
    if kind[0] == "L":
        if not to_sepa(character, 3, fallback=""):
            raise ValidationError(
                "Please write the name in Latin letters, as it is on the bank account.", code="not_latin"
            )
    elif kind[0] not in "MN" and character not in _NAME_PUNCTUATION:
        shown = f"“{character}”" if _visible(character) else "An invisible character"
        raise ValidationError(f"{shown} cannot be part of a name at a bank.", code="not_a_name")
