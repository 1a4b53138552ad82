"""bunq's own SDK, asked from outside to make so many calls of a kind. Run by the SDK's interpreter, from its folder.

python client_sdk.py API_URL CERTIFICATE_FILE KEY_FILE; registers, then does as `asked` says.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from asked import answer_requests  # type: ignore[import-not-found] # found beside this file
from bunq.sdk.context.api_context import ApiContext  # type: ignore[import-not-found] # lives in .venv-sdk alone
from bunq.sdk.context.api_environment_type import ApiEnvironmentType  # type: ignore[import-not-found] # as above
from bunq.sdk.context.bunq_context import BunqContext  # type: ignore[import-not-found] # as above
from bunq.sdk.model.generated import endpoint  # type: ignore[import-not-found] # as above
from bunq.sdk.model.generated.object_ import AmountObject  # type: ignore[import-not-found] # as above

HOPPER, SHOP = "NL73BUNQ0000000012", "NL61BUNQ0000000034"


def place() -> int:
    amount = AmountObject("12.50", "EUR")
    made = endpoint.PaymentServiceProviderDraftPaymentApiObject.create(
        HOPPER, SHOP, "Demo Shop BV", "Demo Shop order 1042", amount, "S. Hopper"
    )
    number: int = made.value
    return number


def main() -> None:
    api_url, certificate, key = sys.argv[1], Path(sys.argv[2]).read_text(), Path(sys.argv[3]).read_text()
    ApiEnvironmentType.SANDBOX._uri_base = api_url
    context = ApiContext.create_for_psd2(ApiEnvironmentType.SANDBOX, certificate, key, [certificate], "bench")
    BunqContext.load_api_context(context)
    drafts = endpoint.PaymentServiceProviderDraftPaymentApiObject
    draft_id = place()
    answer_requests(
        {
            "read": lambda: drafts.get(draft_id).value.status,
            "list": lambda: len(drafts.list(params={"count": "50"}).value),
            "create": place,
        }
    )


main()
