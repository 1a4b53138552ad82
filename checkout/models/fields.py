from typing import Any

from django import forms
from django.db import models


class WebAddressField(models.URLField[str, str]):
    """A URL whose form field takes `https` for an address that was typed without a scheme."""

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field | None:
        return super().formfield(*args, **{"assume_scheme": "https", **kwargs})
