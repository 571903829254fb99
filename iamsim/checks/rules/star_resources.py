"""Actions are allowed on everything, though they could be allowed on some resources.

## What it finds
The first code: in a statement that allows, `"Resource": "*"` beside an action that takes resources,
so that ARNs would do. A pattern of actions is judged by all that it covers: one that takes none
makes `*` necessary. Conditions on resources, such as `aws:ResourceTag`, count as a choice.

The second code: a resource that covers everything and is not written `*`, such as
`arn:aws:*:*:*:*` or `arn:*`.

## Why it matters
A list of resources is the simplest way to give no more than is needed. The first code rests on a
snapshot of the service reference, whose day it tells; statements that deny are never reported.
https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

from __future__ import annotations

from iamsim.checks.rules.redundant_patterns import covers_resource
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import several
from iamsim.core.caret import quote

# Conditions that choose among resources.
CHOOSING = ("aws:resource", "ec2:resourcetag/", "iam:resourcetag/", "s3:resourceaccount")
# ARNs that have nothing in common.
SPREAD = (
    "arn:aws:s3:::bucket/key",
    "arn:aws:iam::111122223333:role/name",
    "arn:aws:lambda:eu-west-1:111122223333:function:name",
)


@checks("IAMSIM_RESOURCE_STAR")
def star_beside_arns(policy: PolicyView) -> Findings:
    """Statements of identity-based policies."""
    for statement in policy.statements if policy.is_identity else ():
        resources, actions = statement.resources, statement.actions
        if not statement.allows or resources is None or resources.negated:
            continue
        if actions is None or actions.negated or _chooses(statement):
            continue
        star = next((value for value in resources.values if value.text == "*"), None)
        if star is None:
            continue
        narrow = [value.text for value in actions.values if _takes_arns(policy, value.text)]
        if narrow:
            verb = "take" if len(narrow) > 1 else "takes"
            message = f"{several(narrow)} {verb} resources, and is allowed on all of them"
            message = message.replace("is allowed", "are allowed") if len(narrow) > 1 else message
            hint = "list their ARNs, or choose by a condition such as `aws:ResourceTag`"
            yield policy.finding("IAMSIM_RESOURCE_STAR", message, star.path, hint=hint, dated=True)


@checks("IAMSIM_RESOURCE_EFFECTIVELY_STAR")
def star_in_disguise(policy: PolicyView) -> Findings:
    """Every entry of Resource of statements that allow."""
    for statement in policy.statements:
        resources = statement.resources
        if not statement.allows or resources is None or resources.negated:
            continue
        for value in resources.values:
            text = value.text
            if not text.strip("*") or not text.startswith("arn:") or "${" in text:
                continue
            if all(covers_resource(text, arn) for arn in SPREAD):
                message = f"{quote(text)} covers every resource"
                hint = "write `*`, or name the resources"
                code = "IAMSIM_RESOURCE_EFFECTIVELY_STAR"
                yield policy.finding(code, message, value.path, hint=hint)


def _chooses(statement: StatementView) -> bool:
    """Whether a condition says which resources are meant."""
    return any(key.startswith(CHOOSING) for key in statement.keys)


def _takes_arns(policy: PolicyView, pattern: str) -> bool:
    """Whether a pattern covers actions, and all of them take resources."""
    covered = policy.reference.expand(pattern)
    return bool(covered) and all(_takes_resource(policy, action) for action in covered)


def _takes_resource(policy: PolicyView, name: str) -> bool:
    """Whether an action has types of resources."""
    facts = policy.reference.action(name)
    return facts is not None and bool(facts.resource_types)
