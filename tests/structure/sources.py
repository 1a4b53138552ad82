"""The product's own Python files, and what each imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("checkout", "config", "demo_shop", "launcher", "oauth_connect", "sandbox_bank")


def python_files(*packages: str) -> Iterator[Path]:
    """Every Python file of the packages but migrations, which Django writes."""
    for package in packages or (*PACKAGES, "tests"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imported_modules(path: Path) -> set[str]:
    """Dotted names of all modules that the file imports, wherever the import stands."""
    found: set[str] = set()
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            origin = (base + (node.module or "")).strip(".")
            found.update({origin, *(f"{origin}.{alias.name}" for alias in node.names)})
    return found


def imports_of(path: Path, *names: str) -> set[str]:
    """Those imports of the file that are one of the modules, or stand inside one."""
    return {
        module
        for module in imported_modules(path)
        for name in names
        if module == name or module.startswith(f"{name}.")
    }
