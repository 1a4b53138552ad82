"""Kassa's own client, asked from outside to make so many calls of a kind: `python -m tests.bench.client_ours API_URL`.

Registers, then reads lines like `read 50` from stdin, and answers each with the CPU and wall seconds of a call.
"""

import sys

from oauth_connect.bunq.client import BunqClient
from tests.bench.asked import answer_requests
from tests.oauth_connect.bunq.registered import create, read, register


def main() -> None:
    client = BunqClient(sys.argv[1], connect_timeout_s=5, read_timeout_s=30)
    psp = register(client)
    draft_id = create(client, psp)
    answer_requests(
        {
            "read": lambda: read(client, psp, draft_id),
            "list": lambda: client.list_drafts(psp.access, psp.user_id, count=50),
            "create": lambda: create(client, psp),
        }
    )


main()
