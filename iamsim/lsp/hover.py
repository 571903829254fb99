"""What stands under the pointer: an action, a condition key, an operator, an ARN, a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.carriers import carriers
from iamsim.catalog.managed import find_managed_policy
from iamsim.catalog.meanings import meaning_of
from iamsim.catalog.presence import derived_from, types_of
from iamsim.core.arn import find_arn
from iamsim.lsp.granted import levels_text
from iamsim.lsp.key_words import presence_text
from iamsim.report.cleaning import for_markdown, for_markdown_code
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from iamsim.lsp.place import Place
    from iamsim.world.model import World

ACTIONS = frozenset({"action", "notaction", "actions"})
CONDITION = "condition"
FEW = 12
OF_STATEMENT = ("sid", "effect", "statement")  # where the statement is told
SCOPES = {
    "global": "a global key: a request to any service may carry it",
    "action": "a global name that only some actions carry",
    "session": "set by the service that handed out the credentials",
    "legacy": "no longer documented",
    "identity-provider": "a claim of a token",
}


def hover_text(place: Place, sentence: Callable[[], str], world: World | None) -> str:
    """Markdown about a place; empty where there is nothing to say. `sentence` says what the
    statement around it grants."""
    names = place.names
    if place.is_key and CONDITION in names[:-1] and place.form != "block":
        above = names[names.index(CONDITION) + 1 : -1]
        return _key(place.text) if above else _operator(place.text)
    if place.is_key and place.text.lower() in OF_STATEMENT:
        return sentence()
    if names and names[-1] in ACTIONS and not place.is_key:
        return _action(place.text)
    if place.text.startswith("arn:"):
        return _arn(place.text, world)
    if names and names[-1] in ("sid", "effect"):
        return sentence()
    return ""


def _action(text: str) -> str:
    """An action, or what a pattern of actions covers."""
    facts = catalog.find_action(text)
    if facts is None:
        covered = catalog.expand(text) if "*" in text or "?" in text else ()
        if not covered:
            close = catalog.suggest_action(text)
            told = f"no action {for_markdown_code(text)} is known"
            return told + (f"; perhaps `{close[0]}`" if close else "")
        return f"{for_markdown_code(text)} covers {levels_text(covered)}:\n\n{_listed(covered)}"
    lines = [f"**{facts.full_name}**: {facts.access_level}"]
    types = [use.name + ("" if use.required else " (optional)") for use in facts.resource_types]
    lines.append(f"resource types: {', '.join(types) if types else 'none: use `*`'}")
    keys = sorted(catalog.carried_keys(facts.full_name))
    if keys:
        lines.append(f"condition keys: {_listed(keys)}")
    return "\n\n".join(lines)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    """The first names, and how many more there are."""
    shown = _shown(names[:FEW])
    more = len(names) - FEW
    return f"{shown} and {more} more" if more > 0 else shown


def _shown(names: Iterable[object]) -> str:
    """Names of the document as code."""
    return ", ".join(for_markdown_code(str(name)) for name in names)


def _key(text: str) -> str:
    """A condition key: its type, and when a request has it."""
    facts = catalog.find_condition_key(text)
    if facts is None:
        close = catalog.suggest_condition_key(text)
        told = f"no condition key {for_markdown_code(text)} is known"
        return told + (f"; perhaps `{close[0]}`" if close else "")
    types = ", ".join(facts.types) or "of a type that AWS does not say"
    lines = [f"**{facts.name}**: {types}{', several values' if facts.multivalued else ''}"]
    meaning = meaning_of(text)
    if meaning is not None:
        lines.append(meaning)
    if types_of(text.lower()):
        lines.append(presence_text(text.lower()))
    carrying = carriers(facts)
    if carrying:
        lines.append(f"carried by {_listed(carrying)}")
    origin = derived_from(text.lower())
    if origin:
        lines.append(f"follows from the {origin}")
    if facts.scope != "service":
        lines.append(SCOPES.get(facts.scope, facts.scope))
    return "\n\n".join(lines)


def _operator(text: str) -> str:
    operator = split_operator(text)
    if operator is None:
        return f"no condition operator {for_markdown_code(text)} is known"
    told = [f"**{for_markdown(operator.text)}**"]
    if operator.negated:
        told.append("holds also where the request has no such key")
    return "\n\n".join(told)


def _arn(text: str, world: World | None) -> str:
    managed = find_managed_policy(text)
    if managed is not None:
        changed = f", changed {managed.updated[:10]}" if managed.updated else ""
        return f"AWS managed policy **{managed.name}**, version {managed.version_id}{changed}"
    if world is not None:
        principal = world.find_principal(text)
        if principal is not None:
            kind = type(principal).__name__.lower()
            return f"{kind} **{for_markdown(principal.name)}** of account {principal.account}"
        resource = world.find_resource(text)
        if resource is not None:
            policy = "with a policy" if resource.policy is not None else "without a policy"
            return f"resource of account {resource.account}, {policy}"
    arn = find_arn(text)
    if arn is None:
        return ""
    facts = catalog.find_service(arn.service)
    service = arn.service if facts is None else facts.name
    where = f" in {for_markdown(arn.region)}" if arn.region else ""
    owner = f", account {for_markdown(arn.account)}" if arn.account else ""
    name = for_markdown_code(arn.resource)
    return f"a resource of **{for_markdown(service)}**{where}{owner}: {name}"
