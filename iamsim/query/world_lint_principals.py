"""Principals that policies name and that are not in an account which the world describes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.inventory import policies_in_use
from iamsim.questions.near_misses import near_principal

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.world.model import Account, World

WITH_PRINCIPALS = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPC_ENDPOINT})
PROVIDERS = ("oidc-provider/", "saml-provider/")
FORMS = {"user": "user", "role": "role", "assumed-role": "role"}


def missing_principals(model: World) -> Iterator[tuple[str, Span]]:
    """Give a sentence for each, and where it is written.

    AWS turns the ARN of a principal that is deleted into an id that matches nobody:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    library = PolicyLibrary()
    for policy, policy_type in policies_in_use(model):
        if policy_type not in WITH_PRINCIPALS:
            continue
        try:
            compiled = library.compiled(policy, policy_type)
        except IamsimError:
            continue  # said elsewhere
        for statement in compiled.statements:
            for pattern in statement.principals.patterns if statement.principals else ():
                what = _missing(pattern.text, model)
                if what is not None:
                    yield f"{what}, which `{policy.name}` names", pattern.source.span(pattern.path)


def _missing(principal: str, model: World) -> str | None:
    """Say what is missing of a principal's ARN; `None` where nothing is, or nobody can tell: an
    account without any provider, or any principal, was not described so far."""
    arn = find_arn(principal)
    if arn is None or not is_account_id(arn.account) or "*" in principal:
        return None
    account = model.accounts.get(arn.account)
    if account is None or arn.resource == "root":
        return None
    if arn.service == "iam" and arn.resource.startswith(PROVIDERS):
        known = not account.providers or principal in account.providers
        return None if known else _sentence("provider", arn.resource, account)
    if arn.service == "sts" and arn.resource.startswith("federated-user/"):
        return None
    if not account.users and not account.roles and not account.permission_sets:
        return None
    if model.find_principal(principal) is not None:
        return None
    kind = FORMS.get(arn.resource.partition("/")[0])
    if kind is None:
        near = near_principal(principal, model)
        meant = "" if near is None else f" (did you mean `{near}`?)"
        return f"{quote(principal)} is no principal{meant}"
    return _sentence(kind, arn.resource, account)


def _sentence(kind: str, resource: str, account: Account) -> str:
    name = resource.partition("/")[2]
    return f"the account `{account.id}` has no {kind} `{name}`"
