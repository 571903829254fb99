"""Finds names of AWS services in texts of the code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from iamsim import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["services_in"]

# Prefixes of services that are words of this code too: alone they name no service.
WORDS = frozenset(
    {"account", "billing", "cases", "config", "connect", "events", "health", "logs", "one"}
    | {"organizations", "profile", "q", "schemas", "states", "support", "tag", "tax"}
)
PREFIXES = frozenset(catalog.services())
_resource = re.compile(r"arn:[^:]*:([a-z0-9-]+):").match
_action = re.compile(r"([a-z0-9-]+):[A-Za-z{*].*").fullmatch
_template = re.compile(r"AWS::(\w+)::").match
_plan = re.compile(r"aws_([a-z0-9]+)_").match


def services_in(path: Path) -> set[str]:
    """Name the services that the texts of a module name; what documents it is none of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name for text in _texts(tree) for name in _named(text)}


def _texts(tree: ast.Module) -> Iterator[str]:
    """Go through the texts of a module but its docstrings."""
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in documentation:
            yield node.value


def _named(text: str) -> Iterator[str]:
    """Give the service that a text names: its prefix, an action, an ARN, or a type of a template or
    a plan."""
    if text in PREFIXES and text not in WORDS:
        yield text
    for match in (_resource, _action):
        found = match(text)
        if found is not None and found.group(1) in PREFIXES and " " not in text:
            yield found.group(1)
    for match in (_template, _plan):
        found = match(text)
        if found is not None:
            yield found.group(1).lower()
