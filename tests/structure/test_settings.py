"""Settings come from the environment, are documented with their defaults, and are read in few places."""

import ast
import re
from typing import Any

from tests.structure.sources import ROOT, imports_of, python_files, short, syntax

_LINE = re.compile(r"^(?P<off># )?(?P<name>[A-Z][A-Z0-9_]+)=(?P<value>.*)$")


def documented() -> dict[str, str | None]:
    """Name to documented default; None for what has to be set."""
    found: dict[str, str | None] = {}
    for line in (ROOT / ".env.example").read_text().splitlines():
        if match := _LINE.match(line):
            assert match["name"] not in found, f"{match['name']} is documented twice"
            found[match["name"]] = match["value"] if match["off"] else None
    return found


def read_in_settings() -> dict[str, ast.expr | None]:
    """Name to the expression of its default; None for what has to be set."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(syntax(ROOT / "config" / "settings.py")):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and node.func.attr != "read_env"
        ):
            name = ast.literal_eval(node.args[0])
            found[name] = next((word.value for word in node.keywords if word.arg == "default"), None)
    return found


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert sorted(documented()) == sorted(read_in_settings())


def test_documented_defaults_are_the_real_ones() -> None:
    shown, real = documented(), read_in_settings()
    for name, default in real.items():
        if default is None:
            assert shown[name] is None, f"{name} has no default"
        elif isinstance(default, ast.Constant) or (isinstance(default, ast.List) and not default.elts):
            assert shown[name] == as_text(ast.literal_eval(default)), name
        else:
            told = re.fullmatch(r"<.+>", shown[name] or "")
            assert told, f"{name}: describe the computed default in <…>"


def test_secrets_have_no_default() -> None:
    assert {name for name, default in read_in_settings().items() if default is None} == {
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "PUBLIC_URL",
    }


def test_settings_are_read_by_configuration_objects_only() -> None:
    wrong = [
        f"{short(path)}: {node.attr}"
        for path in python_files("checkout", "oauth_connect", "demo_shop")
        if path.name != "conf.py" and imports_of(path, "django.conf.settings")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
        and node.attr != "AUTH_USER_MODEL"  # Django's own way to name the user in a model
    ]
    assert wrong == []


def test_the_environment_is_read_by_the_settings_only() -> None:
    wrong = [
        short(path)
        for path in python_files("checkout", "oauth_connect", "demo_shop")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert wrong == []
