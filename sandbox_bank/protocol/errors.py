"""Refusals in bunq's envelope. Source: bunq documentation, Errors; texts seen by clients in production where marked."""

from dataclasses import dataclass, field

# Seen by clients in production.
INSUFFICIENT_AUTHENTICATION = "Insufficient authentication."
INSUFFICIENT_AUTHORISATION = "Insufficient authorisation."
BAD_CREDENTIALS = "User credentials are incorrect. Incorrect API key or IP address."
# bunq documentation, Errors.
BAD_SIGNATURE = "The request signature is invalid."
# The status is documented, the text is our choice.
SIGNATURE_REQUIRED = "A signature is required for this request."
USED_REQUEST_ID = "The request id has already been used."
NOT_BUNQ = "The sender IBAN is not a bunq account."
MAINTENANCE = "bunq is in maintenance, please try again later."


@dataclass
class ApiError(Exception):
    """`status` and one or more English texts; bunq has no machine-readable codes."""

    status: int
    texts: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> dict[str, object]:
        return {
            "Error": [
                {"error_description": text, "error_description_translated": text} for text in self.texts
            ]
        }


def invalid(*texts: str) -> ApiError:
    return ApiError(400, texts)


def unauthenticated() -> ApiError:
    return ApiError(401, (INSUFFICIENT_AUTHENTICATION,))


def forbidden() -> ApiError:
    return ApiError(403, (INSUFFICIENT_AUTHORISATION,))


def missing(kind: str, value: object) -> ApiError:
    """In the words of bunq's documented 404."""
    return ApiError(404, (f'{kind} for id "{value}" not found.',))
