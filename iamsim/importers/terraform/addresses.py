"""Terraform's addresses and references, taken apart.

https://developer.hashicorp.com/terraform/cli/state/resource-addressing.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

Key = str | int | None
ModulePath = tuple[tuple[str, Key], ...]
Step = str | int
_TOKEN = re.compile(r'[.]?([A-Za-z_][\w-]*|\*)|\[([0-9]+|"(?:[^"\\]|\\.)*")\]')
_RESOURCE_STEPS = 2


class Address(NamedTuple):
    """A resource instance: the modules that it is in, its type and name, and its key."""

    module: ModulePath
    mode: str
    type: str
    name: str
    key: Key = None

    @property
    def resource(self) -> str:
        """The resource inside of its module, without a key: as references write it."""
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"


class _Index(str):
    """A step in brackets, to be told from a name behind a dot."""

    __slots__ = ()


def _tokens(text: str) -> list[Step] | None:
    """Split an address or a reference into names and indexes; `None` when it is neither."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        name, index = match.groups()
        if name is not None:
            steps.append(name)
        elif index.startswith('"'):
            try:
                steps.append(_Index(json.loads(index)))
            except ValueError:
                steps.append(_Index(index[1:-1]))
        else:
            steps.append(int(index))
        position = match.end()
    return steps


def parse_steps(reference: str) -> list[Step]:
    """Split a reference, such as ``module.net["a"].arns[0]``, into its steps, if it is one."""
    return _tokens(reference) or []


def is_index(step: Step) -> bool:
    """Say whether a step stood in brackets."""
    return isinstance(step, int | _Index)


def parse_address(text: str) -> Address | None:
    """Take the address of a resource instance apart; `None` when the text is none."""
    steps = parse_steps(text)
    module: list[tuple[str, Key]] = []
    while len(steps) > _RESOURCE_STEPS and steps[0] == "module" and not is_index(steps[1]):
        name, steps = str(steps[1]), steps[2:]
        key: Key = None
        if steps and is_index(steps[0]):
            key, steps = _plain(steps[0]), steps[1:]
        module.append((name, key))
    mode = "managed"
    if steps[:1] == ["data"]:
        mode, steps = "data", steps[1:]
    if len(steps) < _RESOURCE_STEPS or any(is_index(step) for step in steps[:_RESOURCE_STEPS]):
        return None
    if steps[0] == "module":
        return None
    rest = steps[_RESOURCE_STEPS:]
    key = _plain(rest[0]) if rest and is_index(rest[0]) else None
    return Address(tuple(module), mode, str(steps[0]), str(steps[1]), key)


def _plain(step: Step) -> Key:
    return step if isinstance(step, int) else str(step)


def full_references(references: object) -> list[str]:
    """Give the references of an expression without the shorter ones that follow each.

    https://developer.hashicorp.com/terraform/internals/json-format#expression-representation.
    """
    found: list[str] = []
    for reference in references if isinstance(references, list) else ():
        if not isinstance(reference, str):
            continue
        last = found[-1] if found else ""
        if last == reference or last.startswith((f"{reference}.", f"{reference}[")):
            continue
        found.append(reference)
    return list(dict.fromkeys(found))
