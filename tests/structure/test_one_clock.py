"""Machines that share a database share its clock: the product asks `oauth_connect.clock`, not the machine.

So does whoever makes orders: what the shop calls now, the worker must not call long ago.
"""

import ast

from tests.structure.sources import python_files, short, syntax

_MACHINES = {("timezone", "now"), ("datetime", "now"), ("datetime", "utcnow"), ("time", "time")}
# The client of bunq is plain Python and takes no decision that another machine has to agree with.
_MAY = ("oauth_connect/clock.py", "oauth_connect/bunq/")


def test_only_the_clock_asks_the_machine_what_time_it_is() -> None:
    asked = [
        f"{short(path)}:{node.lineno}"
        for path in python_files("checkout", "demo_shop", "oauth_connect")
        if not short(path).startswith(_MAY)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in _MACHINES
    ]
    assert asked == []
