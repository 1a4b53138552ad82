from typing import ClassVar, Self

from django.db import models

from sandbox_bank import clock


class Row(models.Model):
    """What every stored object of the bank has."""

    id = models.BigAutoField(primary_key=True)
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(default=clock.now)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

    def stamp(self) -> dict[str, object]:
        """How every object of bunq's begins."""
        return {
            "id": self.id,
            "created": clock.as_bunq_writes(self.created),
            "updated": clock.as_bunq_writes(self.updated),
        }
