"""OpenID Connect issuers that serve everyone, and tokens that strangers get from them.

Issuers with an address for each customer (CircleCI, Bitbucket, Spacelift) are not listed: their
provider in IAM names the customer already.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_secure-by-default.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.shown import Witness
from iamsim.checks.witness import meet
from iamsim.checks.words import has_wildcard, must_be_present
from iamsim.core.wildcard import example_of

if TYPE_CHECKING:
    from iamsim.checks.view import PolicyView, StatementView

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
NAME = "stranger"


class Issuer(NamedTuple):
    """How the tokens of an issuer name its customer.

    `subject` is a token's ``sub`` with ``{tenant}`` in it, `end` the character behind the tenant;
    `claims` are further claims that name the tenant. `audience` is the usual one; where it is no
    claim of the tenant's, its workflows may ask for any.
    """

    subject: str
    end: str
    audience: str
    claims: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """What stands in front of the tenant."""
        return self.subject.partition("{tenant}")[0]

    @property
    def stranger(self) -> str:
        """The subject of a stranger's token."""
        return self.subject.format(tenant=NAME)

    def names_tenant(self, pattern: str) -> bool:
        """Whether a pattern of a policy spells the tenant out, end included."""
        literal = pattern[: min(pattern.find(mark) % (len(pattern) + 1) for mark in "*?")]
        return self.end in literal.removeprefix(self.prefix) and literal.startswith(self.prefix)


ISSUERS = {
    GITHUB: Issuer(
        "repo:{tenant}/app:ref:refs/heads/main",
        "/",
        "sts.amazonaws.com",
        {
            "actor": "{tenant}",
            "job_workflow_ref": "{tenant}/app/.github/workflows/ci.yml@refs/heads/main",
            "repository": "{tenant}/app",
            "repository_id": "999999999",
            "repository_owner": "{tenant}",
            "repository_owner_id": "999999999",
            "workflow_ref": "{tenant}/app/.github/workflows/ci.yml@refs/heads/main",
        },
    ),
    "gitlab.com": Issuer(
        "project_path:{tenant}/app:ref_type:branch:ref:main",
        "/",
        "https://gitlab.com",
        {
            "namespace_id": "999999999",
            "namespace_path": "{tenant}",
            "project_id": "999999999",
            "project_path": "{tenant}/app",
            "user_login": "{tenant}",
        },
    ),
    "app.terraform.io": Issuer(
        "organization:{tenant}:project:app:workspace:main:run_phase:apply",
        ":",
        "aws.workload.identity",
        {
            "terraform_organization_id": "org-999999999",
            "terraform_organization_name": "{tenant}",
            "terraform_project_id": "prj-999999999",
            "terraform_workspace_id": "ws-999999999",
        },
    ),
    "agent.buildkite.com": Issuer(
        "organization:{tenant}:pipeline:app:ref:refs/heads/main:commit:0a1b2c:step:deploy",
        ":",
        "sts.amazonaws.com",
        {"organization_id": "999999999", "organization_slug": "{tenant}"},
    ),
    "oidc.vercel.com": Issuer(
        "owner:{tenant}:project:app:environment:production",
        ":",
        "https://vercel.com/{tenant}",
        {"aud": "https://vercel.com/{tenant}", "owner": "{tenant}", "owner_id": "team_999999999"},
    ),
    "api.pulumi.com/oidc": Issuer(
        "pulumi:deploy:org:{tenant}:project:app:stack:main:operation:update:scope:write",
        ":",
        "aws:{tenant}",
        {"aud": "aws:{tenant}", "org": "{tenant}"},
    ),
    COGNITO: Issuer(
        "eu-west-1:{tenant}",
        "-",
        "eu-west-1:00000000-0000-0000-0000-000000000000",
        {"aud": "eu-west-1:00000000-0000-0000-0000-000000000000"},
    ),
}
"""The issuers by host and path, as their condition keys begin."""


def stranger_tokens(
    policy: PolicyView, statement: StatementView, provider: str, host: str, resource: str
) -> Iterator[Witness]:
    """Go through calls that strangers could make of a role with their tokens: the plain one, one
    without the claims that need not be there, and those that the patterns of the statement
    invite."""
    issuer = ISSUERS.get(host)
    spared = _spared(statement, host)
    named = {f"{host}:{claim}" for claim in issuer.claims} if issuer is not None else set()
    subject = f"{host}:sub"
    asked = meet(policy, statement, {*named, subject})
    usual = "sts.amazonaws.com" if issuer is None else issuer.audience.format(tenant=NAME)
    if f"{host}:aud" not in {*map(str.lower, asked), *named}:
        asked[f"{host}:aud"] = usual
    if issuer is None:
        claims = [key for key in statement.keys if key.startswith(f"{host}:")]
        token = {f"{host}:sub": NAME, **asked, **dict.fromkeys(claims, NAME)}
        yield from _with_and_without(provider, resource, token, spared)
        return
    plain = {**_token(issuer, host, statement, NAME), **asked}
    yield from _with_and_without(provider, resource, plain, spared)
    for condition in statement.conditions:
        if condition.lower != subject and condition.lower not in named:
            continue
        for value in condition.values:
            for tenant, made in _invited(issuer, value.text, condition.lower.rpartition(":")[2]):
                token = {**_token(issuer, host, statement, tenant), **asked}
                yield _call(provider, resource, {**token, condition.lower: made})


def _spared(statement: StatementView, host: str) -> set[str]:
    """The claims that conditions such as those with ``IfExists`` ask of no token that lacks them.
    An ID token has a subject and an audience; STS makes no keys of further claims but those of some
    providers, of which GitHub's are in each of its tokens, but for that of a reusable workflow.

    https://openid.net/specs/openid-connect-core-1_0.html#IDToken
    https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
    """
    always = {"sub", "aud"}
    if host == GITHUB:
        always |= ISSUERS[GITHUB].claims.keys() - {"job_workflow_ref"}
    return {
        condition.lower
        for condition in statement.conditions
        if condition.lower.startswith(f"{host}:")
        and condition.lower.removeprefix(f"{host}:") not in always
        and not must_be_present(condition)
    }


def _with_and_without(
    provider: str, resource: str, token: Mapping[str, str], spared: set[str]
) -> Iterator[Witness]:
    yield _call(provider, resource, token)
    if spared:
        left = {key: value for key, value in token.items() if key.lower() not in spared}
        yield _call(provider, resource, left)


def _token(issuer: Issuer, host: str, statement: StatementView, tenant: str) -> dict[str, str]:
    """The claims of a tenant's token that a statement asks, and its subject."""
    claims = {
        key: text.format(tenant=tenant)
        for claim, text in issuer.claims.items()
        if (key := f"{host}:{claim}") in statement.keys or claim == "aud"
    }
    return {f"{host}:sub": issuer.subject.format(tenant=tenant), **claims}


def _invited(issuer: Issuer, pattern: str, claim: str) -> Iterator[tuple[str, str]]:
    """Write what a stranger's token would say so that a pattern matches it, with his name in it."""
    if claim in issuer.claims:
        owner, slash, _ = pattern.partition("/")
        if has_wildcard(owner if slash else pattern):
            _, end, behind = issuer.claims[claim].partition("/")
            made = example_of(pattern, f"-{NAME}" if slash else f"-{NAME}{end}{behind}")
            yield made.partition("/")[0], made
        return
    if issuer.names_tenant(pattern):
        return
    rest = issuer.stranger.removeprefix(issuer.prefix)
    behind = rest.removeprefix(NAME)
    stars = [f"-{NAME}{behind}", rest, issuer.stranger]
    inner = [f"-{NAME}/app" if issuer.end == "/" else f"-{NAME}", NAME]
    for star in [*stars, *inner] if pattern.endswith("*") else [*inner, *stars]:
        made = example_of(pattern, star)
        tenant, end, _ = made.removeprefix(issuer.prefix).partition(issuer.end)
        if made.startswith(issuer.prefix) and end and tenant:
            yield tenant, made


def _call(provider: str, resource: str, token: Mapping[str, str]) -> Witness:
    """The call of AWS STS with a token."""
    return Witness(provider, WEB_IDENTITY, resource, tuple(token.items()))
