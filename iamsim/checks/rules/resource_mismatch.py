"""An action and the resources of its statement do not fit.

## What it finds
In a policy without principals: an entry of `Action` none of whose actions takes any resource that
the statement lists. A pattern is judged by all of its actions, and one that fits is enough.

## Why it matters
The entry matches no request. `s3:ListBucket` on `arn:aws:s3:::reports/*` is the usual case: the
action takes the bucket, not its objects. Actions without resource types need `"Resource": "*"`.
A log group is named with `:*` behind it, but for the three actions about its tags.
The finding rests on a snapshot of the service reference, whose day it tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.containers import ABOUT_ALL
from iamsim.checks.arn_formats import ArnText, cut_arn
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import several, wildcard_free
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.engine.services.logs import format_in_policies

if TYPE_CHECKING:
    from iamsim.syntax.ast import Value

CODE = "IAMSIM_RESOURCE_MISMATCH"
ENDS_OPEN = ("*", "?", ":", "}")  # a wildcard, the empty stream, a variable


@checks(CODE)
def resource_mismatch(policy: PolicyView) -> Findings:
    """Statements whose resources are all ARNs of known services."""
    if not policy.is_identity and not policy.is_scp:
        return
    for statement in policy.statements:
        resources = _arns(policy, statement)
        actions = statement.actions
        if not resources or actions is None or actions.negated:
            continue
        dead = [value for value in actions.values if not _fits(policy, value, resources)]
        if dead:
            named = several([value.text for value in dead])
            verb = "take" if len(dead) > 1 else "takes"
            message = f"{named} {verb} none of the resources of the statement"
            hint = _hint(policy, dead[0])
            places = [value.path for value in dead]
            yield policy.finding(CODE, message, *places, hint=hint, dated=True)


def _arns(policy: PolicyView, statement: StatementView) -> list[ArnText]:
    """Give the resources of a statement; none where one is no ARN of a known service."""
    resources = statement.resources
    if resources is None or resources.negated:
        return []
    arns = [cut_arn(value.text) for value in resources.values]
    known = [
        arn
        for arn in arns
        if arn is not None and wildcard_free(arn.service) and _is_known(policy, arn)
    ]
    return known if len(known) == len(arns) else []


def _is_known(policy: PolicyView, arn: ArnText) -> bool:
    """Whether some service lists ARNs such as this; its own service is asked first."""
    reference, service = policy.reference, arn.service
    return any(
        form.fits_resource(arn.resource)
        for formats in (reference.own_formats, reference.arn_formats)
        for form in formats(service)
    )


def _fits(policy: PolicyView, value: Value, resources: list[ArnText]) -> bool:
    """Whether some action of an entry takes some of the resources; true where nobody knows."""
    covered = policy.reference.expand(value.text)
    if not covered:
        return True
    if any(_names_all(action, arn) for action in covered for arn in resources):
        return True
    return any(
        "${" in form.service
        or (
            form.service == arn.service
            and form.fits_resource(arn.resource)
            and not _is_bare_group(action, form.text, arn.resource)
        )
        for action in covered
        for form in policy.reference.formats_of(action)
        for arn in resources
    )


def _is_bare_group(action: str, form: str, resource: str) -> bool:
    """Whether a log group is named without what its ARN ends with in policies.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """
    return format_in_policies(action.lower(), form) != form and not resource.endswith(ENDS_OPEN)


def _names_all(action: str, arn: ArnText) -> bool:
    """Whether a resource is what an action without resource types is asked about all the same."""
    service, resource = ABOUT_ALL.get(action.lower(), (None, ""))
    return arn.service == service and compile_tokens(tokenize(arn.resource))(resource)


def _hint(policy: PolicyView, value: Value) -> str:
    """Say what an entry takes."""
    covered = policy.reference.expand(value.text)
    forms = [form for action in covered for form in policy.reference.formats_of(action)]
    if not forms:
        return f'`{value.text}` takes no resource: give it `"Resource": "*"`'
    taken = min((form.text for form in forms), key=len)
    if format_in_policies(covered[0].lower(), taken) != taken:
        taken += ":*"
    return f"`{value.text}` takes `{taken}`"
