"""A resource is not written as an ARN that AWS has.

## What it finds
A resource without `arn:`, with too few parts, with an unknown partition, service, Region or
account; an ARN whose resource part fits no format of its service; and an ARN with a Region or an
account where its format has none, or without one where its format has one. Wildcards and policy
variables may stand for anything. An ARN that ends in `*` need not have all its parts.

## Why it matters
No resource has such an ARN, so the entry matches nothing. Formats come from a snapshot of the
service reference, whose day the finding tells. AWS takes a resource part that fits no format where
it has a wildcard or begins with a type that the service has, and such an entry gets a code of our
own. One that begins with a type which no format of its service has is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.regions import PARTITIONS, is_region, may_be_region
from iamsim.checks.arn_formats import ArnFormat, ArnText, cut_arn
from iamsim.checks.finding import Finding, Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import wildcard_free
from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from iamsim.syntax.ast import Value

# Owners of shared resources that stand in place of an account.
ACCOUNT_ALIASES = frozenset({"", "aws", "amazon", "aws-marketplace", "cloudfront", "self"})
# Services with resources of AWS's own, which stand in no account.
OWNED_BY_AWS = frozenset({"resource-explorer-2", "ssm"})
# Their resources are the paths of their interface, of which the reference lists some.
BY_PATH = frozenset({"apigateway"})
FORM = "an ARN has six parts: arn:partition:service:region:account:resource"
NOT_ALLOWED = {"region": "ARN_REGION_NOT_ALLOWED", "account": "ARN_ACCOUNT_NOT_ALLOWED"}
MISSING = {"region": "MISSING_ARN_REGION", "account": "MISSING_ARN_ACCOUNT"}


@checks(
    "INVALID_ARN_PREFIX",
    "MISSING_ARN_FIELD",
    "INVALID_PARTITION",
    "INVALID_ARN_SERVICE_CASE",
    "INVALID_ARN_REGION",
    "INVALID_ARN_ACCOUNT",
    "INVALID_ARN_RESOURCE",
    "IAMSIM_ARN_FORMAT",
    "ARN_REGION_NOT_ALLOWED",
    "ARN_ACCOUNT_NOT_ALLOWED",
    "MISSING_ARN_REGION",
    "MISSING_ARN_ACCOUNT",
)
def resource_arns(policy: PolicyView) -> Findings:
    """Every entry of Resource and NotResource; the first fault of each is reported."""
    if policy.is_trust:
        return  # has no resources, which is another code
    for statement in policy.statements:
        for value in statement.resources.values if statement.resources else ():
            finding = _judge(policy, value)
            if finding is not None:
                yield finding


def _judge(policy: PolicyView, value: Value) -> Finding | None:
    text = value.text
    if not text.strip("*") and text:
        return None
    arn = cut_arn(text)
    if arn is None:
        if text.lower().startswith("arn:") and text.startswith("arn:"):
            if text.endswith("*"):
                return None
            message = f"{quote(text)} lacks parts of an ARN"
            return policy.finding("MISSING_ARN_FIELD", message, value.path, hint=FORM)
        message = f"{quote(text)} is no ARN: it does not begin with `arn:`"
        return policy.finding("INVALID_ARN_PREFIX", message, value.path, hint=FORM)
    return _judge_head(policy, value, arn) or _judge_format(policy, value, arn)


def _judge_head(policy: PolicyView, value: Value, arn: ArnText) -> Finding | None:
    """Look at partition, service, Region and account by themselves."""
    if wildcard_free(arn.partition) and arn.partition not in PARTITIONS:
        message = f"there is no partition {quote(arn.partition)}"
        hint = did_you_mean(arn.partition, PARTITIONS) or "most ARNs begin with `arn:aws:`"
        place = _place(value, arn, "partition")
        return policy.finding("INVALID_PARTITION", message, place, hint=hint)
    if arn.service != arn.service.lower() and wildcard_free(arn.service):
        message = f"the service of an ARN is in lower case: {quote(arn.service)}"
        hint = f"write `{arn.service.lower()}`"
        place = _place(value, arn, "service")
        return policy.finding("INVALID_ARN_SERVICE_CASE", message, place, hint=hint)
    if arn.region and wildcard_free(arn.region) and not is_region(arn.region):
        message = f"there is no Region {quote(arn.region)}"
        hint = "write its code, for example `eu-central-1`"
        return policy.finding(
            "INVALID_ARN_REGION",
            message,
            _place(value, arn, "region"),
            hint=hint,
            tentative=may_be_region(arn.region),
        )
    account = arn.account
    if wildcard_free(account) and account not in ACCOUNT_ALIASES and not is_account_id(account):
        message = f"{quote(account)} is no account id"
        hint = "an account id has twelve digits"
        place = _place(value, arn, "account")
        return policy.finding("INVALID_ARN_ACCOUNT", message, place, hint=hint)
    return None


def _judge_format(policy: PolicyView, value: Value, arn: ArnText) -> Finding | None:
    """Hold an ARN against the formats of its service."""
    if not wildcard_free(arn.service) or arn.service in BY_PATH:
        return None
    if arn.account == "aws" or arn.resource.startswith("/"):
        return None  # resources of AWS's own, and paths for resources that are not made yet
    own = policy.reference.own_formats(arn.service)
    if any(form.fits_resource(arn.resource) and _fault(form, arn) is None for form in own):
        return None  # without reading the formats of all other services
    formats = policy.reference.arn_formats(arn.service)
    if not formats:
        return None
    fitting = [form for form in formats if form.fits_resource(arn.resource)]
    if not fitting:
        message = f"{quote(arn.resource)} is no resource of `{arn.service}`"
        if not arn.resource:
            message = f"{quote(value.text)} ends before its resource"
        alike = [form for form in formats if form.is_of_type(arn.resource)]
        # A known type written another way is no type that the reference lacks.
        sure = arn.resource[:1] in ("", ":") or bool(alike)
        known = ", ".join(f"`{form.resource}`" for form in (alike or formats)[:3])
        hint = f"resources look like {known}" if sure else None
        place = _place(value, arn, "resource")
        # AWS's recorded answers have no error about wildcards or a known type written otherwise.
        exact = wildcard_free(arn.resource) and arn.resource and not alike
        typed = not any(form.resource.startswith(("$", "*")) for form in formats)
        code = "INVALID_ARN_RESOURCE" if exact and typed else "IAMSIM_ARN_FORMAT"
        return policy.finding(code, message, place, hint=hint, dated=True)
    faults = [_fault(form, arn) for form in fitting]
    if None in faults:
        return None
    code, field = faults[0] or ("", "")
    missing = code.startswith("MISSING")
    message = f"ARNs of this resource have {'' if missing else 'no '}{_word(field, missing)}"
    if not missing:
        message += f": {quote(getattr(arn, field))}"
    hint = f"write it like `{fitting[0].text}`"
    place = _place(value, arn, field)
    return policy.finding(code, message, place, hint=hint, dated=True)


def _fault(form: ArnFormat, arn: ArnText) -> tuple[str, str] | None:
    """Compare Region and account with a format: the code of the first that differs."""
    for field in ("region", "account"):
        asked, given = getattr(form, field), getattr(arn, field)
        if not asked and given.strip("*?"):
            return NOT_ALLOWED[field], field
        if (
            asked
            and not given
            and arn.resource != "*"
            and not (field == "account" and arn.service in OWNED_BY_AWS)
        ):
            return MISSING[field], field
    return None


def _word(field: str, missing: bool) -> str:
    """Name a field, with an article where it is missing."""
    if field == "region":
        return "a Region" if missing else "Region"
    return "an account" if missing else "account"


def _place(value: Value, arn: ArnText, field: str) -> Place:
    """Point at a part of an ARN, or at all of it where the part is empty."""
    start, length = arn.extent(field)
    return Place(value.path, start, length) if length else Place(value.path)
