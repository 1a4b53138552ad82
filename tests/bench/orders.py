"""`python -m tests.bench.orders OVER WAITING UNTOUCHED AGE_S`, with an installation's environment: fill its database.

Prints the tokens of the open orders as a JSON list, those without a payment last.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from tests.bench.fill import fill  # models can be imported only now

    over, waiting, untouched, age_s = (int(word) for word in sys.argv[1:5])
    open_orders = waiting + untouched
    print(
        json.dumps(fill(over + open_orders, still_open=open_orders, untouched=untouched, payment_age_s=age_s))
    )


if __name__ == "__main__":
    main()
