"""Tenants of an identity provider that the role does not know.

## What it finds
A role trust policy for a public OpenID Connect provider that asks claims, and lets strangers in all
the same: the `sub` of GitHub Actions with a wildcard in front of the slash that ends the owner,
such as `repo:example*`, `repo:*` or `*`; the same of GitLab, HCP Terraform, Buildkite, Vercel and
Pulumi; an identity pool of Amazon Cognito that `aud` does not name; of any other provider, claims
that every token meets; and claims that a token may lack, asked with `IfExists` or `ForAllValues`.
The second code is for providers other than GitHub. Each finding shows the call of a stranger that
the engine allows. Every token has `sub` and `aud`, so that `IfExists` makes no difference there.

The third code is for a policy that asks no `aud`: any client that the provider in IAM lists will
do.

## Why it matters
Anyone can register an owner that begins with the same letters, or is any owner at all, and assume
the role from a workflow. AWS warns of wildcards in the repository and the branch; this one opens
the role to strangers. Where another condition keeps them out, such as one on
`repository_owner`, nothing is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.issuers import COGNITO, GITHUB, ISSUERS
from iamsim.checks.rules.oidc_trust import (
    REPOSITORY_CLAIMS,
    host_of,
    oidc_providers,
    show_stranger,
)
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote

if TYPE_CHECKING:
    from iamsim.syntax.ast import Value

GITHUB_CODE = "IAMSIM_GITHUB_OWNER_WILDCARD"
TENANT_CODE = "IAMSIM_OIDC_TENANT_NOT_ASKED"


@checks(GITHUB_CODE, TENANT_CODE)
def open_tenant(policy: PolicyView) -> Findings:
    """Providers of which some claim is asked, and tokens of strangers pass."""
    for statement, provider in oidc_providers(policy):
        host = host_of(provider.text)
        issuer = ISSUERS.get(host)
        claims = _claims(statement, host)
        if not claims:
            continue
        if host == GITHUB and not claims.intersection(REPOSITORY_CLAIMS):
            continue  # a code of AWS's
        witness = show_stranger(policy, statement, provider.text)
        if witness is None:
            continue
        wide = _wide(statement, host)
        place = provider.path if wide is None else wide.path
        if host == GITHUB:
            code, hint = GITHUB_CODE, "name the owner: `repo:OWNER/...`"
            covered = "the policy" if wide is None else quote(wide.text)
            message = f"{covered} covers owners that anyone can register"
        else:
            code = TENANT_CODE
            message = f"customers of {quote(host)} that the policy does not name pass"
            subject = "YOUR-SUBJECT" if issuer is None else issuer.subject
            hint = f"ask a claim that names yours: `{host}:sub` like `{subject}`"
            hint = hint.replace("{tenant}", "YOURS")
            if host == COGNITO:
                hint = f"name the identity pool: `{host}:aud`"
        yield policy.finding(code, message, place, hint=hint, witness=witness)


@checks("IAMSIM_OIDC_AUDIENCE_NOT_ASKED")
def audience_not_asked(policy: PolicyView) -> Findings:
    """Some claim is asked, and the audience is not."""
    for statement, provider in oidc_providers(policy):
        host = host_of(provider.text)
        issuer = ISSUERS.get(host)
        claims = _claims(statement, host)
        if issuer is None or not claims or "aud" in claims or "aud" in issuer.claims:
            continue
        message = f"a token of {quote(host)} for any audience of the provider will do"
        hint = f"ask `{host}:aud`, for example equal to `{issuer.audience}`"
        hint = hint.replace("{tenant}", "YOURS")
        yield policy.finding("IAMSIM_OIDC_AUDIENCE_NOT_ASKED", message, provider.path, hint=hint)


def _claims(statement: StatementView, host: str) -> set[str]:
    """The claims of a provider that a statement asks."""
    start = f"{host}:"
    return {key.removeprefix(start) for key in statement.keys if key.startswith(start)}


def _wide(statement: StatementView, host: str) -> Value | None:
    """The subject that does not name its tenant, else another value with a wildcard."""
    issuer = ISSUERS.get(host)
    values = [
        (condition.lower == f"{host}:sub", value)
        for condition in statement.conditions
        if condition.lower.startswith(f"{host}:") and not condition.operator.negated
        for value in condition.values
        if has_wildcard(value.text)
    ]
    subjects = [
        value
        for named, value in values
        if named and not (issuer is not None and issuer.names_tenant(value.text))
    ]
    others = [value for named, value in values if not named]
    return next(iter([*subjects, *others]), None)
