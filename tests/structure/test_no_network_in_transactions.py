"""Invariant 8: every call to the bank passes one door, and that door is shut inside a database transaction."""

import ast

import pytest
from django.db import transaction

from oauth_connect import calls
from oauth_connect.errors import NetworkInTransaction
from tests.structure.sources import imports_of, python_files, short, syntax

# What sends something: methods of the client, and the exchange of a code.
_SENDERS = ("oauth_connect.bunq.client", "oauth_connect.bunq.transport")


def is_call_of(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == text


def sending(tree: ast.AST) -> list[ast.Call]:
    """Calls that reach the network: `calls.client().anything(…)` and `exchange_code(…)`."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and is_call_of(node.func.value, "calls.client"))
            or is_call_of(node, "exchange_code")
        )
    ]


def through_the_door(tree: ast.AST) -> set[int]:
    """Those of them that stand in a lambda that is handed to `calls.call`."""
    return {
        id(sender)
        for node in ast.walk(tree)
        if is_call_of(node, "calls.call")
        for handed in ast.iter_child_nodes(node)
        if isinstance(handed, ast.Lambda)
        for sender in sending(handed)
    }


def test_every_call_to_the_bank_goes_through_the_door() -> None:
    found = 0
    for path in python_files("oauth_connect", "checkout", "demo_shop"):
        if "oauth_connect/bunq" in short(path):
            continue
        inside = through_the_door(syntax(path))
        for sender in sending(syntax(path)):
            found += 1
            assert id(sender) in inside, f"{short(path)}:{sender.lineno} calls the bank past calls.call"
    assert found > 5, "the senders are not recognised any more"


def test_only_the_door_makes_clients() -> None:
    makers = [
        short(path)
        for path in python_files("oauth_connect", "checkout", "demo_shop")
        if "oauth_connect/bunq" not in short(path) and imports_of(path, *_SENDERS)
    ]
    assert makers == ["oauth_connect/calls.py"]


@pytest.mark.django_db(transaction=True)
def test_the_door_is_shut_inside_a_transaction() -> None:
    sent: list[str] = []
    with transaction.atomic(), pytest.raises(NetworkInTransaction):
        calls.call("GET", "anything", lambda: sent.append("left"))
    assert sent == []
    calls.call("GET", "anything", lambda: sent.append("left"))
    assert sent == ["left"]
