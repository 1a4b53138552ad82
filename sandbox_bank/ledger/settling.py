"""What is due by the bank's clock, of every kind; and a thread that looks at the clock when nobody else does."""

import logging
import threading

from sandbox_bank.ledger import draft_payments, drafts

_EVERY_S = 5.0

logger = logging.getLogger(__name__)


def settle_everything() -> None:
    drafts.settle_due()
    draft_payments.settle_due()


def start() -> None:
    """Once per process: instalments are paid, and told about, also while nobody asks."""
    threading.Thread(target=_work, name="settling", daemon=True).start()


def _work() -> None:
    rest = threading.Event()
    while True:
        try:
            settle_everything()
        except Exception:
            # Tried again at the next turn; nothing else of the bank may suffer from it.
            logger.exception("what is due could not be settled")
        rest.wait(_EVERY_S)
