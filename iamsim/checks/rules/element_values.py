"""An effect, a version or an element that does not exist.

## What it finds
An `Effect` other than `Allow` and `Deny` (letter case matters), a `Version` other than the two
versions of the policy language, and members of a policy or a statement that no policy has.

## Why it matters
IAM refuses the document. The version is the most frequent mistake: it names the language, it is not
the day when the policy was written.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean
from iamsim.syntax.elements import EFFECTS, POLICY_ELEMENTS, STATEMENT_ELEMENTS, VERSIONS


@checks("INVALID_EFFECT")
def invalid_effect(policy: PolicyView) -> Findings:
    """There are two effects."""
    for statement in policy.statements:
        effect = statement.raw.get("Effect")
        if isinstance(effect, str) and effect not in EFFECTS:
            hint = did_you_mean(effect, EFFECTS) or "write `Allow` or `Deny`"
            message = f"there is no effect {quote(effect)}"
            yield policy.finding("INVALID_EFFECT", message, statement.element("Effect"), hint=hint)


@checks("INVALID_VERSION")
def invalid_version(policy: PolicyView) -> Findings:
    """There are two versions of the language."""
    if policy.version is not None and policy.version not in VERSIONS:
        message = f"there is no policy language version {quote(policy.version)}"
        hint = f"write `{VERSIONS[0]}`: it names the language, it is not the date of the policy"
        yield policy.finding("INVALID_VERSION", message, ("Version",), hint=hint)


@checks("INVALID_POLICY_ELEMENT")
def invalid_element(policy: PolicyView) -> Findings:
    """Members of a policy and of its statements that no policy has."""
    if not isinstance(policy.raw, dict):
        return
    for name in policy.raw:
        if name not in POLICY_ELEMENTS:
            message = f"a policy has no element {quote(name)}"
            hint = did_you_mean(name, POLICY_ELEMENTS)
            if name in STATEMENT_ELEMENTS:
                hint = f"`{name}` belongs into a statement, under `Statement`"
            yield policy.finding("INVALID_POLICY_ELEMENT", message, (name, "#key"), hint=hint)
    for statement in policy.statements:
        for name in statement.raw:
            if name not in STATEMENT_ELEMENTS:
                message = f"a statement has no element {quote(name)}"
                hint = did_you_mean(name, STATEMENT_ELEMENTS)
                place = statement.element(name, key=True)
                yield policy.finding("INVALID_POLICY_ELEMENT", message, place, hint=hint)
