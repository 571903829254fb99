"""What a policy may hold depends on what it is used as.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import ARN_PARTS
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.json_places import KEY
from iamsim.core.unknown import Unknown
from iamsim.syntax.problem import Problem
from iamsim.syntax.uncertain import unknown_statements

if TYPE_CHECKING:
    from iamsim.core.span import Path
    from iamsim.syntax.ast import Entries, Statement
    from iamsim.syntax.build import Body

NAMES = {
    PolicyType.IDENTITY: "an identity-based policy",
    PolicyType.RESOURCE: "a resource-based policy",
    PolicyType.TRUST: "a role trust policy",
    PolicyType.PERMISSIONS_BOUNDARY: "a permissions boundary",
    PolicyType.SESSION: "a session policy",
    PolicyType.SERVICE_CONTROL: "a service control policy",
    PolicyType.RESOURCE_CONTROL: "a resource control policy",
    PolicyType.VPC_ENDPOINT: "a VPC endpoint policy",
}
WITH_PRINCIPAL = {
    PolicyType.RESOURCE,
    PolicyType.TRUST,
    PolicyType.RESOURCE_CONTROL,
    PolicyType.VPC_ENDPOINT,
}
WITHOUT_ID = {PolicyType.IDENTITY, PolicyType.PERMISSIONS_BOUNDARY, PolicyType.SESSION}
RESOURCE_NOT_NEEDED = {PolicyType.RESOURCE, PolicyType.TRUST}
NO_NOT_PRINCIPAL = {PolicyType.TRUST, PolicyType.RESOURCE_CONTROL}
ORGANIZATION = {PolicyType.SERVICE_CONTROL, PolicyType.RESOURCE_CONTROL}
ORGANIZATION_VERSION = "2012-10-17"


def check_rules(body: Body, policy_type: PolicyType) -> None:
    """Raise `Problem` at the first element that a policy of this type can't have, or lacks."""
    name = NAMES[policy_type]
    if body.id is not None and policy_type in WITHOUT_ID:
        hint = "only policies that name principals have an Id: take it out"
        raise Problem("id-not-allowed", f"{name} has no `Id`", ("Id", KEY), hint)
    if policy_type in ORGANIZATION and body.version not in (None, ORGANIZATION_VERSION):
        message = f"{name} is written in version `{ORGANIZATION_VERSION}`"
        raise Problem("invalid-version", message, ("Version",))
    built_in = policy_type is PolicyType.RESOURCE_CONTROL and _is_full_access(body)
    for statement in body.statements:
        if not statement.unknowns:
            _check_statement(statement, policy_type, built_in=built_in)


def suit_rules(body: Body, policy_type: PolicyType) -> Body:
    """Give the body with each statement unknown that a policy of this type can't have.

    AWS would not have stored it so: what it stored is not known.
    """
    built_in = policy_type is PolicyType.RESOURCE_CONTROL and _is_full_access(body)
    statements: list[Statement] = []
    for statement in body.statements:
        try:
            if not statement.unknowns:
                _check_statement(statement, policy_type, built_in=built_in)
        except Problem as problem:
            unknown = Unknown.unreadable(problem.message)
            statements += unknown_statements(
                unknown, statement.index, statement.path, statement.effect, statement.sid
            )
        else:
            statements.append(statement)
    return body._replace(statements=tuple(statements))


def _check_statement(statement: Statement, policy_type: PolicyType, *, built_in: bool) -> None:
    """Raise `Problem` at the first element of a statement that this type can't have, or lacks."""
    name = NAMES[policy_type]
    _check_principal(statement, policy_type, name)
    _check_resource(statement, policy_type, name)
    if policy_type is PolicyType.RESOURCE_CONTROL and not built_in:
        _check_resource_control(statement, name)
    if policy_type is PolicyType.SESSION and statement.resources is not None:
        _check_complete_arns(statement.resources)


def _check_principal(statement: Statement, policy_type: PolicyType, name: str) -> None:
    """Check that principals are named where they belong, and only there."""
    principals = statement.principals
    if policy_type not in WITH_PRINCIPAL:
        if principals is not None:
            raise Problem(
                "principal-not-allowed",
                f"{name} has no `{principals.name}`",
                _key(principals.path),
                "it applies to whom it is attached to: take the element out",
            )
        return
    if principals is None:
        raise Problem(
            "missing-principal",
            f"the statement has no `Principal`, which {name} needs",
            statement.path,
            'name who it is about, for example `"Principal": {"AWS": "111122223333"}`',
        )
    if principals.negated and policy_type in NO_NOT_PRINCIPAL:
        raise Problem(
            "not-principal-not-allowed",
            f"{name} has no `NotPrincipal`",
            _key(principals.path),
            "use `Principal`, with a condition on `aws:PrincipalArn` to spare some",
        )


def _check_resource(statement: Statement, policy_type: PolicyType, name: str) -> None:
    """Check that resources are named where they must be, and not where they can't be."""
    resources = statement.resources
    if policy_type is PolicyType.TRUST and resources is not None:
        raise Problem(
            "resource-not-allowed",
            f"{name} has no `{resources.name}`",
            _key(resources.path),
            "the resource is the role itself: take the element out",
        )
    if resources is None and policy_type not in RESOURCE_NOT_NEEDED:
        raise Problem(
            "missing-resource",
            f"the statement has neither `Resource` nor `NotResource`, one of which {name} needs",
            statement.path,
            'for every resource write `"Resource": "*"`',
        )


def _check_resource_control(statement: Statement, name: str) -> None:
    """Check the narrower language of resource control policies."""
    path = statement.path
    if statement.effect != "Deny":
        message = f"{name} only denies"
        hint = "what may be done is allowed by the built-in RCPFullAWSAccess: write `Deny`"
        raise Problem("resource-control-policy-allows", message, (*path, "Effect"), hint)
    principals = statement.principals
    if principals is not None and [entry.kind for entry in principals.entries] != ["*"]:
        message = f'{name} takes `"Principal": "*"` only'
        hint = "narrow it down in a condition, for example on `aws:PrincipalArn`"
        raise Problem("resource-control-policy-principal", message, principals.path, hint)
    if statement.actions.negated:
        message = f"{name} has no `NotAction`"
        path = _key(statement.actions.path)
        raise Problem("not-action-not-allowed", message, path, "list what it denies in `Action`")
    for action in statement.actions.values:
        if action.text == "*":
            message = f"{name} can't deny the action `*`"
            hint = "name a service, for example `s3:*`"
            raise Problem("resource-control-policy-action", message, action.path, hint)


def _check_complete_arns(resources: Entries) -> None:
    """Check that no ARN of a session policy is cut short; elsewhere AWS completes it."""
    for value in resources.values:
        if value.text.startswith("arn:") and value.text.count(":") < ARN_PARTS - 1:
            message = f"{quote(value.text)} is not a whole ARN, which a session policy needs"
            hint = "an ARN has six parts: arn:partition:service:region:account:resource"
            raise Problem("incomplete-arn", message, value.path, hint)


def _is_full_access(body: Body) -> bool:
    """Whether this is the built-in RCPFullAWSAccess, the one that allows."""
    if len(body.statements) != 1:
        return False
    (statement,) = body.statements
    principals, resources = statement.principals, statement.resources
    return (
        statement.effect == "Allow"
        and not statement.conditions
        and principals is not None
        and [entry.kind for entry in principals.entries] == ["*"]
        and _is_everything(statement.actions)
        and resources is not None
        and _is_everything(resources)
    )


def _is_everything(entries: Entries) -> bool:
    """Whether an element is not negated and lists ``*`` alone."""
    return not entries.negated and [value.text for value in entries.values] == ["*"]


def _key(path: Path) -> Path:
    """Give the path of the name of an element."""
    return (*path, KEY)
