"""Why a plan was left as it was."""

from checkout.services.errors import CheckoutError


class InvalidPlan(CheckoutError):
    """The plan as asked for cannot be made; the message says why."""

    code = "invalid_plan"


class PlanIsElsewhere(CheckoutError):
    """The plan is in another state than the wish needs."""

    code = "plan_is_elsewhere"


class TermsChanged(CheckoutError):
    """The terms are not those that were shown any more."""

    code = "terms_changed"


class NoSuchAccount(CheckoutError):
    """The account is none of those that the payer connected."""

    code = "no_such_account"
