"""Which elements stand in a policy and in a statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from iamsim.core.caret import quote
from iamsim.core.json_places import KEY
from iamsim.core.span import Path
from iamsim.core.suggest import did_you_mean
from iamsim.syntax.problem import Problem

EFFECTS = ("Allow", "Deny")
VERSIONS = ("2012-10-17", "2008-10-17")
POLICY_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_KNOWN_IN_STATEMENT = frozenset(STATEMENT_ELEMENTS)
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
WRAPPERS = ("PolicyDocument", "AssumeRolePolicyDocument", "Policy", "Document")


def check_policy_elements(names: Iterable[object]) -> None:
    """Raise `Problem` when a policy has an element that it can't have, or no Statement."""
    given = tuple(names)
    for name in given:
        if name not in POLICY_ELEMENTS:
            raise Problem(
                "unknown-element",
                f"a policy has no element {_shown(name)}",
                (str(name), KEY),
                _policy_hint(str(name)),
            )
    if "Statement" not in given:
        raise Problem(
            "missing-statement",
            "the policy has no `Statement`",
            (),
            "a policy holds its statements in a list under `Statement`",
        )


def check_statement_elements(names: Iterable[str], path: Path) -> None:
    """Raise `Problem` when a statement has unknown, missing or contradicting elements."""
    given = tuple(names)
    if not _KNOWN_IN_STATEMENT.issuperset(given):
        name = next(name for name in given if name not in _KNOWN_IN_STATEMENT)
        raise Problem(
            "unknown-element",
            f"a statement has no element {_shown(name)}",
            (*path, str(name), KEY),
            _statement_hint(str(name)),
        )
    fault = _find_fault(given)
    if fault is not None:
        code, message, hint, element = fault
        raise Problem(code, message, path if element is None else (*path, element, KEY), hint)


@lru_cache(maxsize=512)  # the statements of the world have few different sets of elements
def _find_fault(names: tuple[str, ...]) -> tuple[str, str, str, str | None] | None:
    """Find code, message, hint and element of the first fault of a statement's elements."""
    for name in ("Principal", "Action", "Resource"):
        if name in names and f"Not{name}" in names:
            second = max(name, f"Not{name}", key=names.index)
            message = f"`{name}` and `Not{name}` stand in one statement"
            return "conflicting-elements", message, "keep one of the two", second
    if "Effect" not in names:
        hint = 'write `"Effect": "Allow"` or `"Effect": "Deny"`'
        return "missing-effect", "the statement has no `Effect`", hint, None
    if "Action" not in names and "NotAction" not in names:
        message = "the statement has neither `Action` nor `NotAction`"
        return "missing-action", message, 'for every action write `"Action": "*"`', None
    return None


def _shown(name: object) -> str:
    """Quote the name of an element; in a mapping it may be no text."""
    return quote(str(name))


def _policy_hint(name: str) -> str | None:
    """Say what an unknown element of a policy may be meant to be."""
    if name in STATEMENT_ELEMENTS:
        return f"`{name}` belongs into a statement, under `Statement`"
    if name in WRAPPERS:
        return f"the policy seems to be what stands under `{name}`: give that alone"
    return did_you_mean(name, POLICY_ELEMENTS)


def _statement_hint(name: str) -> str | None:
    """Say what an unknown element of a statement may be meant to be."""
    if name in POLICY_ELEMENTS:
        return f"`{name}` belongs beside `Statement`, not into it"
    return did_you_mean(name, STATEMENT_ELEMENTS)
