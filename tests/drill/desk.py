"""The shop's desk: a process beside the product that works in the same database, asked over its standard input.

One JSON object a line in, one a line out. It ends when its input ends.
"""

import json
import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from tests.drill import desk_work

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(desk_work.answer(json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main()
