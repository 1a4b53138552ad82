"""The calls to the bank made of late."""

from django.db import models


class CallBudget(models.Model):
    """The calls of late to one endpoint, shared by all processes. Written by compare-and-swap on `version`.

    `free_at`, `blocked_until`: seconds as `clock.first_and_moment` tells them: of the Unix epoch by the database's
    clock on PostgreSQL, since the machine started on SQLite.
    """

    endpoint = models.CharField(max_length=300, unique=True, help_text="Bank, method and path pattern.")
    version = models.PositiveBigIntegerField(default=0)
    free_at = models.JSONField(default=list, help_text="Seconds at which its taken places are free again.")
    blocked_until = models.FloatField(default=0.0, help_text="Second before which nothing is sent.")
    learned_calls = models.PositiveIntegerField(null=True, blank=True, help_text="As a 429 named it.")
    learned_seconds = models.PositiveIntegerField(null=True, blank=True)
    refusals = models.PositiveIntegerField(default=0, help_text="Answers 429 so far. Each is a defect.")
    last_refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["endpoint"]

    def __str__(self) -> str:
        return self.endpoint
