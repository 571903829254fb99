"""The outline of a document, and where a name leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.core.span import Path as ElementPath
    from iamsim.core.span import Span
    from iamsim.lsp.analysis import Analysis
    from iamsim.lsp.place import Place
    from iamsim.world.documents import Document

# Members of an account whose records have names, and what these are.
NAMED = ("users", "groups", "roles", "policies", "resources", "vpc_endpoints", "permission_sets")
ENDINGS = (".json", ".yaml", ".yml")
POLICIES = frozenset(
    {"policies", "inline_policies", "boundary", "trust", "policy", "scps", "rcps", "inline"}
)


@dataclass(slots=True)
class Symbol:
    """An entry of an outline: `kind` is ``statement``, ``account``, ``request``, or the member that
    the record stands in."""

    name: str
    kind: str
    span: Span
    detail: str = ""
    children: list[Symbol] = field(default_factory=list)


class Target:
    """Where a name leads: a file, or a stretch of this document."""

    __slots__ = ("file", "span")

    def __init__(self, span: Span | None = None, file: Path | None = None) -> None:
        """Keep one of the two."""
        self.span = span
        self.file = file


def symbols(analysis: Analysis, name: str = "") -> list[Symbol]:
    """The outline: statements of a policy, records of a world, requests of a scenario, claims;
    resources of templates and configurations with the statements in them."""
    if analysis.kind in ("template", "configuration"):
        return _resources(analysis, name)
    document = analysis.document
    if document is None:
        return []
    match analysis.kind:
        case "policy":
            return list(_statements(document, ()))
        case "world":
            return list(_accounts(document))
        case "scenario":
            return list(_entries(document, "requests", "request"))
        case "claims":
            return list(_entries(document, "claims", "claim"))
    return []


def _resources(analysis: Analysis, name: str) -> list[Symbol]:
    """The resources of a template, or the blocks of a configuration, with their statements."""
    resources = list(_blocks(analysis)) if analysis.file is not None else list(_typed(analysis))
    seen: set[tuple[int, int]] = set()
    for statement in analysis.statements(name):
        around = (
            symbol
            for symbol in resources
            if symbol.span.start <= statement.span.start and statement.span.end <= symbol.span.end
        )
        holder = next(around, None)
        if holder is not None and (statement.span.start, statement.span.end) not in seen:
            seen.add((statement.span.start, statement.span.end))
            holder.children.append(_statement(statement.raw, statement.number, statement.span))
    return resources


def _blocks(analysis: Analysis) -> Iterator[Symbol]:
    """The blocks of a configuration, called as Terraform calls them."""
    for block in () if analysis.file is None else analysis.file.body.blocks:
        kept = () if block.type == "resource" else (block.type,)
        yield Symbol(".".join((*kept, *block.labels)), "resources", block.span, block.type)


def _typed(analysis: Analysis) -> Iterator[Symbol]:
    """The resources of a template."""
    document = analysis.document
    data = None if document is None else document.data
    resources = data.get("Resources") if isinstance(data, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if document is not None and isinstance(resource, dict):
            span = document.span(("Resources", name))
            yield Symbol(str(name), "resources", span, str(resource.get("Type", "")))


def _statements(document: Document, path: ElementPath) -> Iterator[Symbol]:
    data = document.data
    given = data.get("Statement") if isinstance(data, dict) else None
    alone = isinstance(given, dict)
    for number, statement in enumerate([given] if alone else given or []):
        if not isinstance(statement, dict):
            continue
        place = (*path, "Statement") if alone else (*path, "Statement", number)
        yield _statement(statement, number, document.span(place))


def _statement(statement: Mapping[str, object], number: int, span: Span) -> Symbol:
    """A statement by its Sid or number, with its first action."""
    actions = statement.get("Action", statement.get("NotAction", ""))
    listed = actions if isinstance(actions, list) else [actions]
    more = f" and {len(listed) - 1} more" if len(listed) > 1 else ""
    detail = f"{statement.get('Effect', '')} {listed[0] if listed else ''}{more}"
    name = str(statement.get("Sid") or f"Statement {number + 1}")
    return Symbol(name, "statement", span, detail.strip())


def _accounts(document: Document) -> Iterator[Symbol]:
    data = document.data
    accounts = data.get("accounts") if isinstance(data, dict) else None
    for number, account in accounts.items() if isinstance(accounts, dict) else ():
        if not isinstance(account, dict):
            continue
        path: ElementPath = ("accounts", number)
        symbol = Symbol(number, "account", document.span(path), str(account.get("name", "")))
        for member in NAMED:
            records = account.get(member)
            for name in records if isinstance(records, dict) else ():
                span = document.span((*path, member, name))
                symbol.children.append(Symbol(str(name), member, span, member))
        yield symbol


def _entries(document: Document, member: str, kind: str) -> Iterator[Symbol]:
    data = document.data
    entries = data.get(member) if isinstance(data, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        name = entry.get("name") if isinstance(entry, dict) else None
        yield Symbol(str(name or f"{kind} {number + 1}"), kind, document.span((member, number)))


def target_of(analysis: Analysis, place: Place, folder: Path) -> Target | None:
    """Where the text at a place leads: a policy by its name, a group, a file."""
    document, text = analysis.document, place.text
    if document is None or not text:
        return None
    if text.endswith(ENDINGS) and not place.is_key:
        file = folder / text
        return Target(file=file) if file.is_file() else None
    data = document.data
    if not isinstance(data, dict):
        return None
    account = place.path[1] if place.path[:1] == ("accounts",) and len(place.path) > 1 else None
    for path in _candidates(place, account, text):
        if _holds(data, path):
            return Target(document.key_span(path))
    return None


def _candidates(place: Place, account: str | int | None, text: str) -> Iterator[ElementPath]:
    """Where what a name means may stand, nearest first."""
    names = frozenset(place.names)
    if account is not None and "groups" in names:
        yield ("accounts", account, "groups", text)
    if names & POLICIES:
        if account is not None:
            yield ("accounts", account, "policies", text)
        yield ("policies", text)
        yield ("organization", "policies", text)


def _holds(data: Mapping[str, object], path: ElementPath) -> bool:
    value: object = data
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True
