"""The checks, one module each, or one for codes that are variants of one cause."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["load_rules", "rule_modules"]


def rule_modules() -> tuple[str, ...]:
    """Give the names of the modules, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def load_rules() -> None:
    """Import every module once, which registers its checks."""
    for name in rule_modules():
        import_module(f"{__name__}.{name}")
