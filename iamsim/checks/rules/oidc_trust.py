"""A role trusts an identity provider of the whole world.

## What it finds
A role trust policy that allows an OpenID Connect provider without asking any of its claims; one
that allows GitHub Actions without asking which repository it is (`sub` or `job_workflow_ref`);
and one whose `sub` has a wildcard in the repository or the branch.

## Why it matters
Public providers serve everyone: without a condition on the claims, anyone with an account there
can assume the role. Of GitHub, whoever can start a workflow in a repository or branch that the
pattern covers can. The branch may be asked by `sub` or by `ref`. Where the engine confirms it,
the finding shows the request of a stranger whom the policy lets in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.checks.issuers import GITHUB, stranger_tokens
from iamsim.checks.rules.federated_principals import provider_kind
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.witness import first_allowed, resource_of
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote

if TYPE_CHECKING:
    from iamsim.checks.shown import Witness
    from iamsim.syntax.ast import Value

REPOSITORY_CLAIMS = ("sub", "job_workflow_ref", "repository", "repository_id")
SUBJECT_PARTS = 2


@checks("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", "MISSING_GITHUB_REPO_CONDITION_KEY")
def unasked_claims(policy: PolicyView) -> Findings:
    """Some claim of the provider is asked; of GitHub one that tells the repository."""
    for statement, value in oidc_providers(policy):
        host = host_of(value.text)
        claims = {key.rpartition(":")[2] for key in statement.keys if key.startswith(f"{host}:")}
        if host == GITHUB:
            if not claims.intersection(REPOSITORY_CLAIMS):
                message = "every repository of GitHub can assume the role"
                hint = f"ask the repository: `{GITHUB}:sub` equal to `repo:ORG/REPO:ref:...`"
                code = "MISSING_GITHUB_REPO_CONDITION_KEY"
                witness = show_stranger(policy, statement, value.text)
                yield policy.finding(code, message, value.path, hint=hint, witness=witness)
        elif not claims:
            message = f"everyone with an identity of {quote(host)} can assume the role"
            hint = f"ask a claim, for example `{host}:aud` and `{host}:sub`"
            code = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
            witness = show_stranger(policy, statement, value.text)
            yield policy.finding(code, message, value.path, hint=hint, witness=witness)


@checks("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED")
def wide_subject(policy: PolicyView) -> Findings:
    """The subject names one repository and one branch."""
    for statement in dict.fromkeys(id_ for id_, _ in _github_statements(policy)):
        keys = policy.statements[statement].keys
        for condition in policy.statements[statement].conditions:
            if condition.lower != f"{GITHUB}:sub" or "Like" not in condition.operator.base:
                continue
            for value in condition.values:
                prefix, _, rest = value.text.partition(":")
                repository, _, branch = rest.partition(":")
                wide = has_wildcard(prefix + repository)
                if not wide and (not has_wildcard(branch) or f"{GITHUB}:ref" in keys):
                    continue
                what = "repositories" if wide else "branches"
                message = f"{quote(value.text)} covers several {what}"
                hint = "name the repository and the branch: `repo:ORG/REPO:ref:refs/heads/BRANCH`"
                code = "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"
                yield policy.finding(code, message, value.path, hint=hint)


def show_stranger(policy: PolicyView, statement: StatementView, provider: str) -> Witness | None:
    """Find a stranger's request that a statement allows, decided by the engine."""
    resource = resource_of(policy, statement)
    tokens = stranger_tokens(policy, statement, provider, host_of(provider), resource)
    return first_allowed(policy, statement, tokens)


def oidc_providers(policy: PolicyView) -> Iterator[tuple[StatementView, Value]]:
    """Go through the OpenID Connect providers that a role trust policy allows."""
    for statement in policy.statements if policy.is_trust else ():
        principals = statement.principals
        if statement.allows and principals is not None and not principals.negated:
            for kind, value in principals.entries:
                if kind == "Federated" and provider_kind(value.text) == "oidc":
                    yield statement, value


def _github_statements(policy: PolicyView) -> Iterator[tuple[int, Value]]:
    """Give the places in `statements` of those that allow GitHub Actions."""
    places = {id(statement): place for place, statement in enumerate(policy.statements)}
    for statement, value in oidc_providers(policy):
        if host_of(value.text) == GITHUB:
            yield places[id(statement)], value


def host_of(text: str) -> str:
    """Give host and path of a provider, as its condition keys begin."""
    return text.partition(":oidc-provider/")[2].lower() or text.lower()
