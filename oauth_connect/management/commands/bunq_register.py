import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oauth_connect.bunq.errors import BunqError, CredentialsGone, RateLimited, Refused
from oauth_connect.certificates import CertificateFiles, read_certificate_files
from oauth_connect.conf import configuration
from oauth_connect.errors import RegistrationError
from oauth_connect.health import problem
from oauth_connect.models import BankRegistration
from oauth_connect.registration import find, progress, register, retire

# A few short pauses for the bank's limits, and the long one after a run that died while asking for the API
# key.
_LONGEST_WAIT_S = 180.0
_FAILURES = 4


class Command(BaseCommand):
    """Make this installation known to bunq.

    1. In the sandbox make a certificate; in production take the files that are given.
    2. Do the steps of `oauth_connect.registration` that are still to do, one line each.
    3. Where the bank's limits ask for a pause, wait; after a failure that may pass, try again a few times.
    May be interrupted anywhere and run again.
    """

    help = "Registers this installation with bunq; safe to interrupt and to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--certificate", type=Path, help="QSEAL certificate, PEM (production)")
        parser.add_argument("--chain", type=Path, help="intermediate and root certificates, PEM (production)")
        parser.add_argument(
            "--key", type=Path, help="private key of the certificate, PEM, no passphrase (production)"
        )
        parser.add_argument("--check", action="store_true", help="show what is done, change nothing")
        parser.add_argument(
            "--start-over",
            action="store_true",
            help="put the registration aside and make a new one: only when the bank has forgotten us",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        certificate = self._certificate(options)
        if options["start_over"] and (old := find()):
            retire(old)
            self.stdout.write("The old registration is put aside.")
        registration = self._register(certificate)
        self.stdout.write(f"Registered with {registration.api_url} as user {registration.user_id}.")

    def _check(self) -> None:
        registration = find()
        self.stdout.write(f"bank            {configuration().api_url}")
        for name, is_done in progress(registration):
            self.stdout.write(f"{name:<15} {'done' if is_done else 'to do'}")
        if registration is not None:
            self.stdout.write(f"session until   {registration.session_expires_at or 'none yet'}")
        if trouble := problem():
            raise CommandError(trouble, returncode=1)
        self.stdout.write("ready")

    def _certificate(self, options: dict[str, Any]) -> CertificateFiles | None:
        paths = [options["certificate"], options["chain"], options["key"]]
        if not any(paths):
            return None
        if not all(paths):
            raise CommandError("--certificate, --chain and --key go together")
        try:
            return read_certificate_files(*paths)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _register(self, certificate: CertificateFiles | None) -> BankRegistration:
        deadline = time.monotonic() + _LONGEST_WAIT_S
        failures = 0
        while True:
            try:
                return register(certificate, say=lambda step: self.stdout.write(f"{step}: done"))
            except (RegistrationError, Refused, CredentialsGone) as error:
                raise CommandError(_in_words(error)) from error
            except BunqError as error:
                failures += 0 if _is_told_to_wait(error) else 1
                pause_s = _pause_s(error, failures)
                if failures >= _FAILURES or time.monotonic() + pause_s > deadline:
                    raise CommandError(f"{_in_words(error)}. Nothing is lost: run it again.") from error
                self.stdout.write(f"{_in_words(error)}; trying again in {pause_s:.0f} s")
                sys.stdout.flush()
                time.sleep(pause_s)


def _is_told_to_wait(error: BunqError) -> bool:
    return getattr(error, "retry_after_s", None) is not None


def _pause_s(error: BunqError, failures: int) -> float:
    told_s = getattr(error, "retry_after_s", None)
    if told_s is not None:
        return float(told_s) + 0.05
    if isinstance(error, RateLimited) and error.limit:
        return float(error.limit.seconds)
    return float(2**failures)


def _in_words(error: BunqError) -> str:
    said = f" (the bank: {'; '.join(error.messages)})" if error.messages else ""
    return f"{error}{said}"
