"""What a defect that one row meets must not do: keep the others from their turn."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError

logger = logging.getLogger("kassa.worker")


@contextmanager
def sparing_the_others(what: str, pk: int) -> Iterator[None]:
    """A defect that one `what` meets is logged. With a database that is away, no other would fare better."""
    try:
        yield
    except OperationalError:
        raise
    except Exception:
        logger.exception(f"worker_{what}_failed", extra={f"{what}_id": pk})
