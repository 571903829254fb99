"""Changes that mend a finding for certain, for the checks that have one.

Each takes the policy and the finding and gives changes of the text; none where this case is not
certain. `iamsim.checks.mending` makes them, after the engine has agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.syntax.elements import POLICY_ELEMENTS, STATEMENT_ELEMENTS, VERSIONS
from iamsim.syntax.operators import operator_spellings
from iamsim.syntax.splicing import Change, insert_member, remove_items, rename_member, replace_value

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView
    from iamsim.core.span import Path

    Mending = Callable[[PolicyView, Finding], Iterable[Change]]

NULL = "Null"


class Mend(NamedTuple):
    """How a finding is mended. One that `repairs` makes a document readable that AWS refuses, so
    that nothing was decided by it before."""

    changes: Mending
    repairs: bool = False


def _take_out(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Take out what the places of a finding name, but for the one that is kept."""
    paths = [place.path for place in finding.places if place.path != finding.kept]
    return remove_items(policy.source, paths)


def _take_first_out(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Take out the statement that repeats another; a policy that is no list has one only."""
    path = finding.places[0].path
    return remove_items(policy.source, [path]) if isinstance(path[-1], int) else ()


def _add_version(policy: PolicyView, _: Finding) -> Iterable[Change]:
    """Say the version where no text could be a policy variable, which the new one would read."""
    if _texts_hold(policy.raw, "${") or not isinstance(policy.raw, dict) or not policy.raw:
        return ()
    return (insert_member(policy.source, (), "Version", VERSIONS[0], first=True),)


def _texts_hold(value: object, mark: str) -> bool:
    """Whether some text of a document holds a mark."""
    if isinstance(value, dict):
        return any(mark in name or _texts_hold(member, mark) for name, member in value.items())
    if isinstance(value, list):
        return any(_texts_hold(entry, mark) for entry in value)
    return isinstance(value, str) and mark in value


def _clear_host_bits(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Write an address block without the bits behind its mask."""
    path = finding.places[0].path
    text = _value_at(policy.raw, path)
    if not isinstance(text, str):
        return ()
    return (replace_value(policy.source, path, str(ip_network(text, strict=False))),)


def _spell_element(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Write the name of an element in AWS's letter case."""
    path = finding.places[0].path[:-1]
    known = POLICY_ELEMENTS if len(path) == 1 else STATEMENT_ELEMENTS
    return _rename(policy, path, _same_but_case(str(path[-1]), known))


def _spell_effect(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Write an effect in AWS's letter case."""
    path = finding.places[0].path
    text = _value_at(policy.raw, path)
    meant = _same_but_case(text, ("Allow", "Deny")) if isinstance(text, str) else None
    return () if meant is None else (replace_value(policy.source, path, meant),)


def _spell_operator(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Write a condition operator in AWS's letter case."""
    path = finding.places[0].path[:-1]
    return _rename(policy, path, _same_but_case(str(path[-1]), operator_spellings()))


def _as_null(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Say with `Null` what a pattern for every value says, where it is alone under its operator."""
    path = _condition_path(finding)
    keys = _value_at(policy.raw, path[:-1])
    if not isinstance(keys, dict) or len(keys) != 1 or ":" in str(path[-2]):
        return ()  # a set operator says no of a key without values, which `Null` does not
    renamed = tuple(_rename(policy, path[:-1], NULL))
    if not renamed:
        return ()
    absent = "true" if finding.code.endswith("TRUE") else "false"
    return (*renamed, replace_value(policy.source, path, absent))


def _without_condition(policy: PolicyView, finding: Finding) -> Iterable[Change]:
    """Take a key out whose condition always holds."""
    return remove_items(policy.source, [_condition_path(finding)])


def _condition_path(finding: Finding) -> Path:
    """The path of a condition key, from the place of one of its values."""
    path = finding.places[0].path
    return path[:-1] if isinstance(path[-1], int) else path


def _rename(policy: PolicyView, path: Path, name: str | None) -> Iterable[Change]:
    """Give a member another name, unless its object has one of that name."""
    siblings = _value_at(policy.raw, path[:-1])
    if name is None or name == path[-1] or not isinstance(siblings, dict) or name in siblings:
        return ()
    return (rename_member(policy.source, path, name),)


def _same_but_case(text: str, known: Iterable[str]) -> str | None:
    """Find the word that differs in letter case only."""
    lowered = text.lower()
    return next((word for word in known if word.lower() == lowered), None)


def _value_at(raw: object, path: Path) -> object:
    """Give a part of a document; `None` where it has none."""
    value: Any = raw
    try:
        for step in path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return None
    return value


MENDS: Mapping[str, Mend] = {
    "INVALID_POLICY_ELEMENT": Mend(_spell_element, repairs=True),
    "INVALID_EFFECT": Mend(_spell_effect, repairs=True),
    "IAMSIM_OPERATOR_LETTER_CASE": Mend(_spell_operator),
    "EMPTY_OBJECT_CONDITION": Mend(_take_out),
    "EMPTY_SID_VALUE": Mend(_take_out),
    "EQUIVALENT_TO_NULL_FALSE": Mend(_as_null),
    "EQUIVALENT_TO_NULL_TRUE": Mend(_as_null),
    "IMPROVE_IP_RANGE": Mend(_clear_host_bits),
    "MISSING_VERSION": Mend(_add_version),
    "REDUNDANT_ACTION": Mend(_take_out),
    "REDUNDANT_CONDITION_VALUE_NUM": Mend(_take_out),
    "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION": Mend(_without_condition),
    "REDUNDANT_RESOURCE": Mend(_take_out),
    "REDUNDANT_STATEMENT": Mend(_take_first_out),
}
"""The codes that have a certain mend."""
