"""The value of a condition is not of the form that its key has.

## What it finds
`aws:SourceVpc` and `aws:SourceVpce` compared with what is no id of a VPC or a VPC endpoint;
`aws:RequestedRegion` with a Region that does not exist; keys that hold service principals, and
the `Service` principals of a statement, with what is none; keys that hold a KMS key with what is
not the ARN of one. Values with wildcards or variables are left alone.

## Why it matters
No request carries such a value: the condition never holds, or always does when negated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from iamsim.catalog.regions import is_region, may_be_region
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import wildcard_free
from iamsim.core.caret import quote
from iamsim.core.span import Path
from iamsim.core.suggest import did_you_mean

ID = r"-(?:[0-9a-f]{8}|[0-9a-f]{17})"
_DOMAIN = r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|aws\.com|amazon\.com|aws\.internal)"
_match_vpc = re.compile(f"vpc{ID}").fullmatch
_match_vpce = re.compile(f"vpce{ID}").fullmatch
_match_service = re.compile(rf"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.{_DOMAIN}").fullmatch
_match_via = re.compile(rf"[a-z0-9-]+\.[a-z0-9-]+\.{_DOMAIN}").fullmatch
_match_called = re.compile(rf"[a-z0-9-]+\.{_DOMAIN}").fullmatch
_match_kms_key = re.compile(r"arn:[a-z*?-]+:kms:[^:]*:[^:]*:key/.+").fullmatch


class ServiceForm(NamedTuple):
    """How a service is written somewhere: the test of a text, and the form in words."""

    fits: Callable[[str], object]
    words: str


PRINCIPAL = ServiceForm(_match_service, "service.amazonaws.com")
CALLED_VIA = ServiceForm(_match_called, "service.amazonaws.com")
VIA_SERVICE = ServiceForm(_match_via, "service.region.amazonaws.com")
SERVICE_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "iam:awsservicename",
        "iam:passedtoservice",
        "kms:viaservice",
    }
)
KMS_KEYS = frozenset({"s3:x-amz-server-side-encryption-aws-kms-key-id", "ec2:kmskeyid"})
TEXT_BASES = ("String", "Arn")


def is_service_principal(text: str) -> bool:
    """Whether a text has the form of a service principal, such as ``sns.amazonaws.com``."""
    return _match_service(text) is not None


@checks("INVALID_VPC_FORMAT", "INVALID_VPCE_FORMAT")
def vpc_ids(policy: PolicyView) -> Findings:
    """Ids have eight or seventeen hexadecimal digits."""
    for key, text, path in _values(policy):
        if key == "aws:sourcevpc" and not _match_vpc(text):
            message = f"{quote(text)} is not the id of a VPC"
            hint = "an id is `vpc-` and 8 or 17 of the characters 0 to 9 and a to f"
            yield policy.finding("INVALID_VPC_FORMAT", message, path, hint=hint)
        if key == "aws:sourcevpce" and not _match_vpce(text):
            message = f"{quote(text)} is not the id of a VPC endpoint"
            hint = "an id is `vpce-` and 8 or 17 of the characters 0 to 9 and a to f"
            yield policy.finding("INVALID_VPCE_FORMAT", message, path, hint=hint)


@checks("INVALID_REGION")
def region_values(policy: PolicyView) -> Findings:
    """Regions by their code."""
    for key, text, path in _values(policy):
        if key in ("aws:requestedregion", "ec2:region") and not is_region(text):
            message = f"there is no Region {quote(text)}"
            hint = "write its code, for example `eu-central-1`"
            newer = may_be_region(text)
            yield policy.finding("INVALID_REGION", message, path, hint=hint, tentative=newer)


@checks("INVALID_SERVICE_PRINCIPAL_FORMAT")
def service_principals(policy: PolicyView) -> Findings:
    """Services by the names under which they call."""
    for statement in policy.statements:
        for kind, value in statement.principals.entries if statement.principals else ():
            if kind == "Service" and wildcard_free(value.text):
                yield from _service_finding(policy, value.text, value.path, PRINCIPAL)
    for key, text, path in _values(policy):
        if key in SERVICE_KEYS:
            yield from _service_finding(policy, text, path, _form_of(key))


def _form_of(key: str) -> ServiceForm:
    """The form in which a key has services."""
    if key == "kms:viaservice":
        return VIA_SERVICE
    return CALLED_VIA if key.startswith("aws:calledvia") else PRINCIPAL


def _service_finding(policy: PolicyView, text: str, path: Path, form: ServiceForm) -> Findings:
    """Look at the name of one service."""
    if not form.fits(text):
        message = f"{quote(text)} is no service principal"
        hint = did_you_mean(text, (f"{text.partition('.')[0].lower()}.amazonaws.com",))
        hint = f"write it as `{form.words}`" if form is not PRINCIPAL or hint is None else hint
        yield policy.finding("INVALID_SERVICE_PRINCIPAL_FORMAT", message, path, hint=hint)


@checks("INVALID_KMS_KEY_VALUE")
def kms_keys(policy: PolicyView) -> Findings:
    """Keys of AWS KMS by ARN."""
    for _, condition in policy.conditions():
        if condition.lower not in KMS_KEYS or not condition.operator.base.startswith(TEXT_BASES):
            continue
        for value in condition.values:
            if "${" in value.text or value.text == "*" or _match_kms_key(value.text):
                continue
            message = f"{quote(value.text)} is not the ARN of a KMS key"
            hint = "requests carry the ARN: `arn:aws:kms:REGION:ACCOUNT:key/ID`"
            yield policy.finding("INVALID_KMS_KEY_VALUE", message, value.path, hint=hint)


def _values(policy: PolicyView) -> Iterator[tuple[str, str, Path]]:
    """Go through the values without wildcards of text conditions, with their keys."""
    for _, condition in policy.conditions():
        if condition.operator.base.startswith(TEXT_BASES):
            for value in condition.values:
                if wildcard_free(value.text):
                    yield condition.lower, value.text, value.path
