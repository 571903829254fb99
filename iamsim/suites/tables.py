"""Requests that stand for many: tables of principals, actions, resources and contexts.

A table's rows are requests of their own, each with a label that tells it from the others. Action
patterns in a table stand for the actions of the service reference that they match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote
from iamsim.core.errors import WorldError

if TYPE_CHECKING:
    from iamsim.core.span import Path
    from iamsim.engine.question import ContextValue
    from iamsim.suites.models import DefaultsModel, RequestModel
    from iamsim.world.documents import Document

Value = TypeVar("Value")

LARGEST = 1_000_000  # rows of one table
_PLURALS = ("principals", "actions", "resources", "contexts", "allowed", "denied", "matrix")
# A table's key, and the key of a plain request that says the same of one request.
_SINGULARS = {"principals": "principal", "actions": "action", "resources": "resource"}


@dataclass(frozen=True, slots=True)
class Row:
    """One request of a table. `label` names what tells it from the other rows, `together` are the
    actions of all of them."""

    principal: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, ContextValue]
    expect: str | None
    label: str = ""
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    """Some actions of one principal, and what is expected of each."""

    principal: str
    actions: tuple[str, ...]
    expect: str | None


def is_table(request: RequestModel) -> bool:
    """Whether a request stands for many."""
    return any(getattr(request, key) is not None for key in _PLURALS)


def rows_of(
    request: RequestModel, defaults: DefaultsModel, document: Document, path: Path
) -> Iterator[Row]:
    """Give the rows of a table in the order of the file; a plain request is one row.

    Raises `WorldError` for keys that can't stand together, a missing principal or action, a
    pattern that no action matches, a table of over a million rows and one without any. Of the
    actions that a pattern matches, those count that act on the resource.
    """
    if not is_table(request):
        yield _plain_row(request, defaults, document, path)
        return
    _check_keys(request, document, path)
    columns = list(_columns(request, defaults, document, path))
    resources = request.resources or request.resource or defaults.resource or ("*",)
    contexts = request.contexts if request.contexts is not None else {"": {}}
    if not contexts:
        raise _empty("contexts", document, (*path, "contexts"))
    count = sum(len(column.actions) for column in columns) * len(resources) * len(contexts)
    if count > LARGEST:
        message = f"this table has {count:,} rows; at most {LARGEST:,} are read"
        raise WorldError("too-many-rows", message, span=document.span(path))
    several = _Several(columns, resources, contexts)
    fitting = _Fitting(columns, resources)
    none = True
    for column in columns:
        for action, resource, name in product(column.actions, resources, contexts):
            if not fitting.keeps(action, resource):
                continue
            none = False
            yield Row(
                column.principal,
                (action,),
                (resource,),
                {**defaults.context, **request.context, **contexts[name]},
                column.expect,
                several.label(column.principal, action, resource, name),
                fitting.actions,
            )
    if none:
        raise WorldError(
            "empty-table",
            "this table stands for no request",
            span=document.span(path),
            hint="name an action, a resource that it acts on, and what is expected",
        )


def _plain_row(
    request: RequestModel, defaults: DefaultsModel, document: Document, path: Path
) -> Row:
    principal = request.principal or defaults.principal
    actions = request.action or defaults.action
    return Row(
        _needed("principal", principal, document, path),
        _needed("action", actions, document, path),
        request.resource or defaults.resource or ("*",),
        {**defaults.context, **request.context},
        request.expect,
    )


def _needed(key: str, value: Value | None, document: Document, path: Path) -> Value:
    if not value:
        message = f"a request needs the key `{key}`"
        raise WorldError("missing-key", message, span=document.span(path))
    return value


def _check_keys(request: RequestModel, document: Document, path: Path) -> None:
    """Refuse keys that say the same thing twice."""
    pairs = [*_SINGULARS.items(), ("matrix", "principals"), ("matrix", "principal")]
    columns = [key for key in ("allowed", "denied", "matrix") if getattr(request, key) is not None]
    pairs += [(key, other) for key in columns for other in ("actions", "action", "expect")]
    pairs += [("matrix", key) for key in columns if key != "matrix"]
    for key, other in pairs:
        if getattr(request, key) is not None and getattr(request, other) is not None:
            raise WorldError(
                "keys-exclude-each-other",
                f"`{key}` and `{other}` can't stand in one request",
                span=document.key_span((*path, other)),
                hint="leave one of them out, or write two requests",
            )


def _columns(
    request: RequestModel, defaults: DefaultsModel, document: Document, path: Path
) -> Iterator[_Column]:
    """Give who is asked about, what, and with which expectation."""
    resources = request.resources or request.resource or defaults.resource or ("*",)

    def expand(patterns: Iterable[str], place: Path) -> tuple[str, ...]:
        """Expand patterns at a place of the file."""
        return _actions(patterns, resources, document, place)

    if request.matrix is not None:
        if not request.matrix:
            raise _empty("matrix", document, (*path, "matrix"))
        for principal, row in request.matrix.items():
            place = (*path, "matrix", principal)
            if not row.allowed and not row.denied:
                raise _empty(principal, document, place)
            for key, actions in (("allowed", row.allowed), ("denied", row.denied)):
                yield _Column(principal, expand(actions, (*place, key)), key)
        return
    one = request.principal or defaults.principal
    principals = request.principals or ((one,) if one else None)
    for principal in _needed("principals", principals, document, path):
        if request.allowed is None and request.denied is None:
            key = "actions" if request.actions else "action"
            given = request.actions or request.action or defaults.action
            actions = _needed("actions", given, document, path)
            yield _Column(principal, expand(actions, (*path, key)), request.expect)
            continue
        for key, some in (("allowed", request.allowed), ("denied", request.denied)):
            yield _Column(principal, expand(some or (), (*path, key)), key)


def _acts_on(action: str, resource: str) -> bool:
    from iamsim.questions.check import acts_on

    return acts_on(action, resource)


def _empty(key: str, document: Document, place: Path) -> WorldError:
    return WorldError(
        "empty-table",
        f"`{key}` names nothing, so nothing would be asked",
        span=document.span(place),
        hint="leave it out, or say what is expected",
    )


def _actions(
    patterns: Iterable[str], resources: tuple[str, ...], document: Document, place: Path
) -> tuple[str, ...]:
    """Expand patterns with the service reference, which knows the actions that there are, and what
    they act on."""
    names: dict[str, None] = {}
    for pattern in patterns:
        if not has_wildcard(pattern):
            names[pattern] = None
            continue
        from iamsim import catalog

        actions = catalog.expand(pattern)
        if not actions:
            raise WorldError(
                "no-such-actions",
                f"no action of the service reference matches `{pattern}`",
                span=document.span(place),
            )
        acting = [
            action
            for action in actions
            if any(_acts_on(action, resource) for resource in resources)
        ]
        if not acting:
            raise WorldError(
                "no-such-actions",
                f"no action that matches `{pattern}` acts on {', '.join(map(quote, resources))}",
                span=document.span(place),
                hint="name an action in full to ask for it in any case",
            )
        names.update(dict.fromkeys(acting))
    return tuple(names)


class _Fitting:
    """Which pairs of a table are meant: an action on the resources that it acts on. One that acts
    on none of them, and a resource that none acts on, stay, so that they are told."""

    def __init__(self, columns: list[_Column], resources: tuple[str, ...]) -> None:
        self.actions = tuple(
            dict.fromkeys(action for column in columns for action in column.actions)
        )
        self._pairs: set[tuple[str, str]] | None = None
        if len(resources) > 1:
            pairs = [pair for pair in product(self.actions, resources) if _acts_on(*pair)]
            actions, used = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
            self._pairs = {
                (action, resource)
                for action, resource in product(self.actions, resources)
                if action not in actions or resource not in used
            }.union(pairs)

    def keeps(self, action: str, resource: str) -> bool:
        """Whether a pair is asked about."""
        return self._pairs is None or (action, resource) in self._pairs


class _Several:
    """What varies in a table: labels name only that."""

    def __init__(
        self, columns: list[_Column], resources: tuple[str, ...], contexts: Mapping[str, object]
    ) -> None:
        principals = list(dict.fromkeys(column.principal for column in columns))
        self._principals = _short_names(principals) if len(principals) > 1 else {}
        self._resources = _short_names(resources) if len(resources) > 1 else {}
        self._contexts = len(contexts) > 1

    def label(self, principal: str, action: str, resource: str, context: str) -> str:
        """Name a row: the action, and of the rest what varies."""
        parts = [self._principals.get(principal), action, self._resources.get(resource)]
        if self._contexts:
            parts.append(context)
        return " ".join(part for part in parts if part)


def _short_names(names: Iterable[str]) -> dict[str, str]:
    """Shorten ARNs to what follows the account, unless two would then look alike."""
    names = list(names)
    short = {name: name.split(":", 5)[-1] if name.startswith("arn:") else name for name in names}
    alike = len(set(short.values())) < len(set(names))
    return {name: name for name in names} if alike else short
