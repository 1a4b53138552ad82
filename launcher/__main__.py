"""`python -m launcher demo`"""

import sys

from launcher import demo


def main() -> int:
    if sys.argv[1:] != ["demo"]:
        print(
            "usage: python -m launcher demo   (PORT, BANK_PORT and DATA from the environment)",
            file=sys.stderr,
        )
        return 2
    return demo.main()


if __name__ == "__main__":
    sys.exit(main())
