"""Mail to payers: plain text, one recipient. The only place that sends any."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage

from checkout.conf import configuration

logger = logging.getLogger("kassa.mail")


def can_send() -> bool:
    """Whether this installation says from whom mail comes: without that it sends none."""
    return bool(configuration().mail_from)


def send(to: str, subject: str, text: str, *, reply_to: str = "") -> bool:
    """One try; False if the mail server took it not. The address is in no log."""
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=text,
        from_email=configuration().mail_from,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
    )
    try:
        return bool(message.send())
    except (SMTPException, OSError) as error:
        logger.warning("mail_not_sent", extra={"reason": type(error).__name__})
        return False
