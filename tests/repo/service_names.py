"""Finds names of AWS services in texts of the code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from iamsim import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
_global_key = re.compile(r"aws:[a-z][a-z0-9]+(/.*)?", re.ASCII | re.IGNORECASE).fullmatch
A_TABLE = 2  # members that name facts of AWS


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


def tables_in(path: Path) -> Iterator[tuple[int, frozenset[str]]]:
    """Give the tables of facts of a module, with their lines: what lists two or more services,
    actions, types or global condition keys, or asks of one text whether it is one of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        texts = {
            member.value
            for member in _members(node)
            if isinstance(member, ast.Constant) and isinstance(member.value, str)
        }
        facts = frozenset(text.lower() for text in texts if _global_key(text) or any(_named(text)))
        if len(facts) >= A_TABLE:
            yield node.lineno, facts  # type: ignore[attr-defined]


def _members(node: ast.AST) -> list[ast.expr]:
    """What a display holds, the keys of one of pairs, or what a chain of `or` compares with."""
    match node:
        case ast.Set(elts=members) | ast.Tuple(elts=members) | ast.List(elts=members):
            return members
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.BoolOp(values=values):
            return [
                side
                for value in values
                if isinstance(value, ast.Compare)
                for side in (value.left, *value.comparators)
            ]
        case ast.Match(cases=cases):
            return [pattern.value for case in cases for pattern in _values(case.pattern)]
    return []


def _values(pattern: ast.pattern) -> Iterator[ast.MatchValue]:
    """The values that a pattern of `match` compares with."""
    for entry in ast.walk(pattern):
        if isinstance(entry, ast.MatchValue):
            yield entry
