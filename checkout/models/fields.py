from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db import models


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Raises `ValidationError` for a name that this machine's time zone data lacks."""
    if name not in _time_zones():
        raise ValidationError(
            "There is no time zone of this name, such as Europe/Amsterdam.", code="time_zone"
        )


class WebAddressField(models.URLField[str, str]):
    """A URL whose form field takes `https` for an address that was typed without a scheme."""

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field | None:
        return super().formfield(*args, **{"assume_scheme": "https", **kwargs})
