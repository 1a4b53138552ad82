from django.db import models


class Heartbeat(models.Model):
    """When a part of the system, of which any number may run, was last seen at work."""

    name = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
