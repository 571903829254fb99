"""What a statement grants or denies, in a sentence that is proved: with a request that is decided
by it, or that it changes nothing beside the other statements of its policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from iamsim import catalog
from iamsim.api.proofs import check_no_new_access
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.core.unknown import Unknown
from iamsim.proofs.result import Verdict
from iamsim.report.cleaning import for_markdown, for_markdown_code

FEW = 6
MOST_STATEMENTS = 100  # of a policy whose statements are held against each other
UNKNOWN = "(not known)"


def statement_text(
    policy: Mapping[str, object], number: int, policy_type: PolicyType | None
) -> str:
    """Say in one sentence what the statement of a number grants, and prove it."""
    listed = _marked(policy.get("Statement"))
    statements = listed if isinstance(listed, list) else [listed]
    statement = statements[number] if number < len(statements) else None
    if not isinstance(statement, dict):
        return ""
    return f"{_said(statement)} {_proved(policy, statements, number, policy_type)}"


def levels_text(actions: tuple[str, ...]) -> str:
    """How many actions there are, and of which access levels."""
    levels = Counter(
        facts.access_level for action in actions if (facts := catalog.find_action(action))
    )
    told = ", ".join(f"{levels[level]} {level}" for level in catalog.ACCESS_LEVELS if levels[level])
    return f"{len(actions)} action{'s' if len(actions) != 1 else ''} ({told})"


def _marked(value: object) -> Any:  # noqa: ANN401 - any part of a policy
    """A part of a policy, with markers for functions whose value the template does not tell."""
    if isinstance(value, list):
        return [_marked(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name == "Ref" or str(name).startswith("Fn::"):
            return dict(Unknown(f"`{name}: {argument}`", "").to_marker())
    return {name: _marked(member) for name, member in value.items()}


def _said(statement: Mapping[str, object]) -> str:
    verb = "denies" if statement.get("Effect") == "Deny" else "allows"
    covered = {name for text in _texts(statement, "Action") for name in catalog.expand(text)}
    what = levels_text(tuple(sorted(covered))) if covered else "no action that is known"
    if "Action" not in statement:
        what = f"all actions but {_listed(_texts(statement, 'NotAction'))}"
    where = ""
    if "Resource" in statement:
        where = f" on {_listed(_texts(statement, 'Resource'))}"
    elif "NotResource" in statement:
        where = f" on all resources but {_listed(_texts(statement, 'NotResource'))}"
    condition = statement.get("Condition")
    tests = condition.values() if isinstance(condition, dict) else ()
    keys = [str(key) for test in tests if isinstance(test, dict) for key in test]
    only = f", where {_listed(keys)} {'fits' if len(keys) == 1 else 'fit'}" if keys else ""
    return f"This statement {verb} {what}{where}{only}."


def _proved(
    policy: Mapping[str, object],
    statements: list[Any],
    number: int,
    policy_type: PolicyType | None,
) -> str:
    """Hold the policy against itself without the statement."""
    if len(statements) > MOST_STATEMENTS:
        return f"Nothing is proved in a policy of more than {MOST_STATEMENTS} statements."
    kind = "identity" if policy_type is None else policy_type.value
    statement = statements[number]
    denies = statement.get("Effect") == "Deny"
    others = [other for index, other in enumerate(statements) if index != number]
    if denies and not any(_allows(other) for other in others):
        # Alone it meets what others allow: everything.
        others = [*others, _everything(statement, "Allow")]
    whole = {**policy, "Statement": [*others, statement]}
    without = {**policy, "Statement": others or [_everything(statement, "Deny")]}
    before, after = (whole, without) if denies else (without, whole)
    try:
        result = check_no_new_access(before, after, policy_type=kind)
    except IamsimError as error:
        return f"Nothing is proved: {for_markdown(error.message)}."
    if result.verdict is Verdict.PASS:
        change = "denies nothing that the others allow" if denies else "allows nothing new"
        return f"Proved: beside the other statements it {change}."
    witness = result.witness
    if witness is None:
        return f"Nothing is proved: {result.why_unknown}."
    request = f"{for_markdown_code(witness['action'])} on {for_markdown_code(witness['resource'])}"
    context = witness.get("context")
    verb = "deny" if denies else "allow"
    given = f" with {_context(context)}" if isinstance(context, dict) and context else ""
    return f"Proved: it decides {request}{given}, which the policy would not {verb} else."


def _allows(statement: object) -> bool:
    return isinstance(statement, dict) and statement.get("Effect") == "Allow"


def _everything(statement: Mapping[str, object], effect: str) -> dict[str, object]:
    """A statement about everything, of the form of another one."""
    found: dict[str, object] = {"Effect": effect, "Action": "*"}
    if "Resource" in statement or "NotResource" in statement:
        found["Resource"] = "*"
    if "Principal" in statement or "NotPrincipal" in statement:
        found["Principal"] = "*"
    return found


def _texts(statement: Mapping[str, object], name: str) -> list[str]:
    given = statement.get(name)
    listed = given if isinstance(given, list) else [given]
    return [entry if isinstance(entry, str) else UNKNOWN for entry in listed if entry is not None]


def _listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(map(for_markdown_code, names[:FEW]))
    more = len(names) - FEW
    return f"{shown} and {more} more" if more > 0 else shown


def _context(context: Mapping[str, object]) -> str:
    return ", ".join(
        f"{for_markdown_code(key)} = {for_markdown_code(str(value))}"
        for key, value in list(context.items())[:FEW]
    )
