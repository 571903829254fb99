"""What stands under the pointer: an action, a condition key, an operator, an ARN, a statement."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.managed import find_managed_policy
from iamsim.catalog.presence import derived_from
from iamsim.core.arn import find_arn
from iamsim.report.cleaning import for_markdown, for_markdown_code
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamsim.lsp.place import Place
    from iamsim.world.model import World

__all__ = ["hover_text"]

ACTIONS = frozenset({"action", "notaction", "actions"})
CONDITION = "condition"
FEW = 12
SCOPES = {
    "global": "a global key: a request to any service may carry it",
    "action": "a global name that only some actions carry",
    "session": "set by the service that handed out the credentials",
    "legacy": "no longer documented",
    "identity-provider": "a claim of a token",
}


def hover_text(place: Place, statement: Mapping[str, object] | None, world: World | None) -> str:
    """Markdown about a place; empty where there is nothing to say."""
    names = place.names
    if place.is_key and CONDITION in names[:-1]:
        above = names[names.index(CONDITION) + 1 : -1]
        return _key(place.text) if above else _operator(place.text)
    if place.is_key and place.text == "Statement":
        return ""
    if place.is_key and place.text in ("Sid", "Effect") and statement is not None:
        return _statement(statement)
    if names and names[-1] in ACTIONS and not place.is_key:
        return _action(place.text)
    if place.text.startswith("arn:"):
        return _arn(place.text, world)
    if names and names[-1] in ("sid", "effect") and statement is not None:
        return _statement(statement)
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
        return f"{for_markdown_code(text)} covers {_levels(covered)}:\n\n{_listed(covered)}"
    lines = [f"**{facts.full_name}**: {facts.access_level}"]
    types = [use.name + ("" if use.required else " (optional)") for use in facts.resource_types]
    lines.append(f"resource types: {', '.join(types) if types else 'none: use `*`'}")
    keys = sorted(catalog.carried_keys(facts.full_name))
    if keys:
        lines.append(f"condition keys: {_listed(keys)}")
    return "\n\n".join(lines)


def _levels(actions: tuple[str, ...]) -> str:
    """How many actions there are of each access level."""
    levels = Counter(
        facts.access_level for action in actions if (facts := catalog.find_action(action))
    )
    told = ", ".join(f"{levels[one]} {one}" for one in catalog.ACCESS_LEVELS if levels[one])
    return f"{len(actions)} action{'s' if len(actions) != 1 else ''} ({told})"


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
    origin = derived_from(text)
    if origin:
        lines.append(f"derived from {origin}")
    if facts.scope != "service":
        lines.append(SCOPES.get(facts.scope, facts.scope))
    return "\n\n".join(lines)


def _operator(text: str) -> str:
    """A condition operator."""
    found = split_operator(text)
    if found is None:
        return f"no condition operator {for_markdown_code(text)} is known"
    told = [f"**{for_markdown(found.text)}**"]
    if found.negated:
        told.append("holds also where the request has no such key")
    return "\n\n".join(told)


def _arn(text: str, world: World | None) -> str:
    """What an ARN is."""
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


def _statement(statement: Mapping[str, object]) -> str:
    """What a statement says in one sentence."""
    effect = statement.get("Effect")
    verb = "denies" if effect == "Deny" else "allows"
    given = statement.get("Action")
    patterns = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    covered = {one for text in patterns if isinstance(text, str) for one in catalog.expand(text)}
    what = _levels(tuple(sorted(covered))) if patterns else "all actions but those that it lists"
    resources = statement.get("Resource")
    places = [resources] if isinstance(resources, str) else resources
    on = _shown(places[:FEW]) if isinstance(places, list) else ""
    condition = statement.get("Condition")
    keys = [
        key
        for tests in (condition.values() if isinstance(condition, dict) else ())
        if isinstance(tests, dict)
        for key in tests
    ]
    only = f", where {_shown(keys)} fit" if keys else ""
    return f"This statement {verb} {what}{f' on {on}' if on else ''}{only}."
