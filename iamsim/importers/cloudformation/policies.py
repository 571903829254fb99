"""The policies of a template, evaluated as far as the template tells, with their places in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.core.span import Path, Source
from iamsim.importers.cloudformation.functions import as_text
from iamsim.importers.cloudformation.naming import Environment
from iamsim.importers.cloudformation.stack import Stack
from iamsim.importers.placed import TRUST, OpenPart, PlacedPolicy, PlacesByPath, use_in_template
from iamsim.importers.unknown import find_unknown

if TYPE_CHECKING:
    from iamsim.world.documents import Document

# Places that no account and no Region has: only the form of what is evaluated counts.
ENVIRONMENT = Environment("000000000000", "us-east-1", "stack")
IF_PARTS = 3
VERSION = "2012-10-17"
GONE = object()
MARK = "\ue000"  # around what is not known in a text, which no policy has
_marked = re.compile(f"{MARK}[^{MARK}]*{MARK}")
_variable = re.compile(r"\$\{(!?)([^}]*)\}")


def template_policies(
    document: Document,
    is_policy: Callable[[object], bool],
    parameters: Mapping[str, object] | None = None,
) -> Iterator[PlacedPolicy]:
    """Give the policies in the resources of a template; `is_policy` tells them from other maps.

    Functions whose value the template does not tell stay as they are. Of a choice by a condition
    that is not known, both sides count where they are items of a list, else the first.
    """
    template = document.data
    if not isinstance(template, dict):
        return
    stack = Stack(template, ENVIRONMENT, parameters or {})
    for found in _find(template.get("Resources"), ("Resources",), is_policy, stack):
        yield _placed(document, stack, found)


def lost_policies(
    document: Document,
    is_policy: Callable[[object], bool],
    parameters: Mapping[str, object] | None = None,
) -> Iterator[OpenPart]:
    """Give the functions in the place of policies whose values the template does not tell."""
    template = document.data
    if not isinstance(template, dict):
        return
    stack = Stack(template, ENVIRONMENT, parameters or {})
    known = [found.path for found in _find(template.get("Resources"), (), is_policy, stack)]
    properties = _policy_properties()
    waiting: list[tuple[Path, object]] = [((), template.get("Resources"))]
    while waiting:
        path, value = waiting.pop()
        if path in known:
            continue
        if not path or path[-1] not in properties or not _is_function(value):
            items = value.items() if isinstance(value, dict) else ()
            pairs = enumerate(value) if isinstance(value, list) else items
            waiting += [((*path, step), item) for step, item in pairs]
            continue
        unknown = find_unknown(stack.evaluate(value))
        if unknown is not None:
            place = ("Resources", *path)
            yield OpenPart(place, unknown.why, unknown.source, document.span(place))


def _is_function(value: object) -> bool:
    """Whether a value is a call of one of the functions of templates."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [name] = value
    return name == "Ref" or (isinstance(name, str) and name.startswith("Fn::"))


@cache
def _policy_properties() -> frozenset[str]:
    """The names of properties that hold policies."""
    places = (place for row in resource_types() for place in row.template)
    return frozenset({*(place.path[-1] for place in places if place.path), TRUST})


def open_parts(policy: PlacedPolicy) -> Iterator[OpenPart]:
    """The functions in an evaluated policy whose values the template does not tell."""
    waiting: list[tuple[Path, object]] = [((), policy.data)]
    while waiting:
        path, value = waiting.pop()
        if _is_function(value) and isinstance(value, dict):
            [(name, argument)] = value.items()
            why = f"{name}: {argument if isinstance(argument, str) else json.dumps(argument)}"
            yield OpenPart(path, f"`{why}`", "", policy.source.span(path))
            continue
        items = value.items() if isinstance(value, dict) else ()
        pairs = enumerate(value) if isinstance(value, list) else items
        waiting += [((*path, step), item) for step, item in pairs]


class _WrittenPolicy:
    """A policy as it is written: its path, its holder, and its text if it is one."""

    def __init__(self, raw: object, path: Path, holder: Mapping[str, object], inside: Path) -> None:
        self.raw = raw
        self.path = path
        self.holder = holder
        self.inside = inside
        self.loaded: object = None


def _find(
    value: object, path: Path, is_policy: Callable[[object], bool], stack: Stack
) -> Iterator[_WrittenPolicy]:
    """Go through the policies below `Resources`, in the order of the text."""
    waiting: list[tuple[object, Path, Mapping[str, object], Path]] = [(value, path, {}, ())]
    while waiting:
        raw, at, holder, inside = waiting.pop()
        if holder and is_policy(raw):
            # A resource whose own property is `Statement` has statements without a document.
            own: object = raw
            if isinstance(raw, dict) and not inside:
                own = {"Version": VERSION, "Statement": raw.get("Statement")}
            yield _WrittenPolicy(own, at, holder, inside)
            continue
        if holder and (text := _policy_text(raw, stack)) is not None and is_policy(text):
            found = _WrittenPolicy(raw, at, holder, inside)
            found.loaded = text
            yield found
            continue
        if isinstance(raw, dict):
            if not holder and "::" in str(raw.get("Type")):
                properties = raw.get("Properties")
                waiting.append((properties, (*at, "Properties"), raw, ()))
                continue
            waiting += [
                (raw[name], (*at, name), holder, (*inside, name) if holder else ())
                for name in reversed(list(raw))
            ]
        elif isinstance(raw, list):
            waiting += [
                (raw[index], (*at, index), holder, (*inside, index) if holder else ())
                for index in reversed(range(len(raw)))
            ]


def _policy_text(raw: object, stack: Stack) -> object:
    """Read what may be the JSON text of a policy, with `Fn::Sub` or without."""
    text = raw
    if isinstance(raw, dict) and len(raw) == 1 and "Fn::Sub" in raw:
        text = raw["Fn::Sub"]
        text = text[0] if isinstance(text, list) and text else text
    if not isinstance(text, str) or "Statement" not in text or text.lstrip()[:1] != "{":
        return None
    if text is not raw:
        text = _variable.sub(lambda item: _known(item, raw, stack), text)
    try:
        return _unmarked(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _known(variable: re.Match[str], raw: object, stack: Stack) -> str:
    """Give the value of a variable of `Fn::Sub`; what is not known is marked."""
    sub = raw.get("Fn::Sub") if isinstance(raw, dict) else None
    text: object = variable.group()
    if isinstance(sub, list):
        text = [text, *sub[1:]]
    known = as_text(stack.evaluate({"Fn::Sub": text}))
    return f"{MARK}{variable.group()}{MARK}" if known is None else json.dumps(known)[1:-1]


def _unmarked(value: object) -> object:
    """Give a function in place of each text that holds a mark."""
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if isinstance(value, str) and _marked.search(value):
        return {"Fn::Sub": value.replace(MARK, "")}
    return value


def _placed(document: Document, stack: Stack, found: _WrittenPolicy) -> PlacedPolicy:
    """Evaluate a policy, and find its places."""
    placer = _Placer(stack)
    data = found.loaded
    if data is None:
        data = placer.value(found.raw, found.path, ())
    else:
        placer.paths[()] = found.path
    whole = document.source.locate_all
    paths = placer.paths
    source = Source(
        document.source.name,
        document.source.text,
        None if whole is None else lambda text: PlacesByPath(whole(text), paths),
    )
    properties = found.holder.get("Properties")
    use = use_in_template(
        str(found.holder.get("Type")),
        properties if isinstance(properties, dict) else {},
        tuple(step for step in found.inside if not str(step).startswith("Fn::")),
    )
    return PlacedPolicy(data, source, ".".join(map(str, found.path[:2])), use)


class _Placer:
    """Evaluates a value part by part; `paths` says where each part is written."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.paths: dict[Path, Path] = {}

    def value(self, raw: object, path: Path, at: Path) -> object:
        """Evaluate what stands at a path of the template, to stand at a path of the policy."""
        self.paths[at] = path
        if isinstance(raw, list):
            return self.items(raw, path, at)
        if not isinstance(raw, dict):
            return raw
        if len(raw) == 1:
            [(name, argument)] = raw.items()
            if name == "Fn::If" and isinstance(argument, list) and len(argument) == IF_PARTS:
                holds = self.holds(argument[0])
                side = 2 if holds is False else 1
                return self.value(argument[side], (*path, name, side), at)
            if name == "Ref" or name.startswith("Fn::"):
                found = self.stack.evaluate(raw)
                if found is None:
                    return GONE
                return raw if find_unknown(found) is not None else found
        entries = {key: self.value(item, (*path, key), (*at, key)) for key, item in raw.items()}
        return {key: item for key, item in entries.items() if item is not GONE}

    def items(self, raw: list[object], path: Path, at: Path) -> list[object]:
        """Evaluate the items of a list; of a choice that is not known, both sides."""
        found: list[object] = []
        for index, item in enumerate(raw):
            place = (*path, index)
            sides = [(item, place)]
            argument = item.get("Fn::If") if isinstance(item, dict) and len(item) == 1 else None
            if (
                isinstance(argument, list)
                and len(argument) == IF_PARTS
                and self.holds(argument[0]) is None
            ):
                sides = [(argument[side], (*place, "Fn::If", side)) for side in (1, 2)]
            for side, where in sides:
                value = self.value(side, where, (*at, len(found)))
                if value is not GONE:
                    found.append(value)
        return found

    def holds(self, condition: object) -> bool | None:
        """Say whether a condition holds; `None` where that is not known."""
        stack = self.stack
        found = stack.condition(condition) if isinstance(condition, str) else stack.test(condition)
        return found if isinstance(found, bool) else None
