"""AWS Organizations: the organization, its tree, its policies, and where these are attached.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.catalog.rules import service_rules
from iamsim.serve.errors import ServiceError, not_held
from iamsim.serve.organization_tree import (
    ACCOUNT,
    LONGEST_NAME,
    RCP,
    ROOT,
    SCP,
    UNIT,
    ControlPolicy,
    OrganizationTree,
    Target,
)

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json

PAGE = 20  # the most that AWS gives at once
TYPES = [{"Type": kind, "Status": "ENABLED"} for kind in (SCP, RCP)]
OF_ACCOUNTS = "email addresses, when and how accounts joined, and whether any is suspended"
UNKNOWN = "x-iamsim-unknown"
# A service that only administrators of privileged root sessions are delegated for.
ROOT_SESSIONS = "iam.amazonaws.com"


def _tree(call: Call) -> OrganizationTree:
    """The organization of the caller; raises `ServiceError` where there is none, and where AWS
    answers its management account and delegated administrators alone."""
    world = call.estate.model
    organization = world.organization
    if organization is None or not world.in_organization(call.account.id):
        message = "Your account is not a member of an organization."
        raise ServiceError("AWSOrganizationsNotInUseException", message)
    organization_tree: OrganizationTree = call.estate.kept(
        "organization", lambda: OrganizationTree(world, organization)
    )
    callers = service_rules("organizations").of(call.operation.lower()).callers
    if callers != "anyone" and not world.is_management(call.account.id):
        _check_delegated(call, organization_tree)
    return organization_tree


def _check_delegated(call: Call, tree: OrganizationTree) -> None:
    """Refuse a member account that administers no service."""
    if call.account.id in _administrators(tree):
        return
    if "delegated_administrators" in tree.organization.unknown or tree.management is None:
        call.notes[UNKNOWN] = "whether the account of the caller administers the organization"
        return
    message = "You don't have permissions to access this resource."
    raise ServiceError("AccessDeniedException", message)


def _administrators(tree: OrganizationTree) -> dict[str, tuple[str, ...]]:
    """The services that member accounts administer, by account."""
    organization = tree.organization
    administrators = dict(organization.delegated_services)
    for number in organization.delegated_administrators:
        administrators[number] = tuple(
            dict.fromkeys((*administrators.get(number, ()), ROOT_SESSIONS))
        )
    return administrators


def _listed(call: Call, name: str, items: Sequence[object]) -> Json:
    message = "You specified an invalid value."
    fault = ServiceError("InvalidInputException", message, facts={"Reason": "INVALID_NEXT_TOKEN"})
    shown, token = call.page(items, "NextToken", "MaxResults", fault, PAGE)
    return {name: list(shown), "NextToken": token}


def _missing(code: str, what: str) -> ServiceError:
    return ServiceError(f"{code}NotFoundException", f"You specified {what} that doesn't exist.")


def _target(call: Call, member: str, code: str, what: str, *types: str) -> Target:
    """What a parameter names; raises `ServiceError` for what is none of the types."""
    target = _tree(call).targets.get(call.required(member))
    if target is None or (types and target.type not in types):
        raise _missing(code, what)
    return target


def _parent(call: Call) -> Target:
    return _target(call, "ParentId", "Parent", "a parent", ROOT, UNIT)


def _below(call: Call, kind: str) -> list[Target]:
    return [target for target in _parent(call).below if target.type == kind]


def _arn(tree: OrganizationTree, target: Target) -> str | None:
    kind = {ROOT: "root", UNIT: "ou", ACCOUNT: "account"}[target.type]
    return tree.arn(kind, target.id)


def _record(tree: OrganizationTree, target: Target) -> Json:
    """The root, a unit or an account, as AWS's structures have it."""
    found: Json = {"Id": target.id, "Arn": _arn(tree, target), "Name": target.name}
    path = f"{tree.id}/{target.path}"
    if target.type == ROOT:
        return found | {"PolicyTypes": TYPES}
    if target.type == UNIT:
        return found | {"Path": path}
    return found | {"Status": "ACTIVE", "State": "ACTIVE", "Paths": [path]}


def _accounts(call: Call, targets: Sequence[Target]) -> Json:
    call.notes[UNKNOWN] = OF_ACCOUNTS
    tree = _tree(call)
    return _listed(call, "Accounts", [_record(tree, target) for target in targets])


def _describe_organization(call: Call) -> Json:
    tree = _tree(call)
    if tree.management is None:
        call.notes[UNKNOWN] = "the management account, and the ARNs that name it"
    return {
        "Organization": {
            "Id": tree.id,
            "Arn": tree.arn("organization"),
            "FeatureSet": "ALL",
            "MasterAccountArn": tree.management and tree.arn("account", tree.management),
            "MasterAccountId": tree.management,
            "AvailablePolicyTypes": TYPES,
        }
    }


def _describe_account(call: Call) -> Json:
    account = _target(call, "AccountId", "Account", "an account", ACCOUNT)
    call.notes[UNKNOWN] = OF_ACCOUNTS
    return {"Account": _record(_tree(call), account)}


def _describe_unit(call: Call) -> Json:
    what = "an organizational unit"
    unit = _target(call, "OrganizationalUnitId", "OrganizationalUnit", what, UNIT)
    return {"OrganizationalUnit": _record(_tree(call), unit)}


def _units(call: Call) -> Json:
    tree = _tree(call)
    units = [_record(tree, target) for target in _below(call, UNIT)]
    return _listed(call, "OrganizationalUnits", units)


def _roots(call: Call) -> Json:
    tree = _tree(call)
    roots = [target for target in tree.targets.values() if target.type == ROOT]
    if not roots:
        raise not_held("the tree of the organization is not known")
    return _listed(call, "Roots", [_record(tree, root) for root in roots])


def _parents(call: Call) -> Json:
    child = _target(call, "ChildId", "Child", "a child", UNIT, ACCOUNT)
    above = [] if child.parent is None else [child.parent]
    return _listed(call, "Parents", [{"Id": target.id, "Type": target.type} for target in above])


def _children(call: Call) -> Json:
    targets = _below(call, call.required("ChildType"))
    return _listed(call, "Children", [{"Id": target.id, "Type": target.type} for target in targets])


def _summary(tree: OrganizationTree, policy: ControlPolicy) -> Json:
    return {
        "Id": policy.id,
        "Arn": tree.policy_arn(policy),
        "Name": policy.document.name[:LONGEST_NAME],
        "Type": policy.type,
        "AwsManaged": policy.is_of_aws,
    }


def _policy_of(call: Call) -> ControlPolicy:
    asked = call.required("PolicyId")
    control_policies = (policy for policy in _tree(call).policies.values() if policy.id == asked)
    policy = next(control_policies, None)
    if policy is None:
        raise _missing("Policy", "a policy")
    return policy


def _describe_policy(call: Call) -> Json:
    policy = _policy_of(call)
    content = json.dumps(policy.document.document, indent=2)
    return {"Policy": {"PolicySummary": _summary(_tree(call), policy), "Content": content}}


def _policies(call: Call) -> Json:
    tree, kind = _tree(call), call.required("Filter")
    if kind not in (SCP, RCP):
        call.notes[UNKNOWN] = "policies of this type: a world holds none of them"
    return _listed(
        call, "Policies", [_summary(tree, control_policy) for control_policy in tree.listed(kind)]
    )


def _policies_for_target(call: Call) -> Json:
    target, kind = _target(call, "TargetId", "Target", "a target"), call.required("Filter")
    if kind not in (SCP, RCP):
        call.notes[UNKNOWN] = "policies of this type: a world holds none of them"
    elif target.unknown[kind]:
        call.notes[UNKNOWN] = f"what else is attached: {target.unknown[kind]} of it is not known"
    tree = _tree(call)
    policies = [_summary(tree, control_policy) for control_policy in target.attached.get(kind, ())]
    return _listed(call, "Policies", policies)


def _targets_for_policy(call: Call) -> Json:
    tree, policy = _tree(call), _policy_of(call)
    targets = []
    unsure = 0
    for target in tree.targets.values():
        unsure += bool(target.unknown[policy.type])
        if policy in target.attached[policy.type]:
            about = {"TargetId": target.id, "Arn": _arn(tree, target), "Name": target.name}
            targets.append(about | {"Type": target.type})
    if unsure:
        call.notes[UNKNOWN] = f"what else is attached to {unsure} of the roots, units and accounts"
    return _listed(call, "Targets", targets)


def _delegated(call: Call) -> dict[str, tuple[str, ...]]:
    tree = _tree(call)
    if "delegated_administrators" in tree.organization.unknown:
        raise not_held("the delegated administrators are not known")
    return _administrators(tree)


def _delegated_administrators(call: Call) -> Json:
    tree, service = _tree(call), call.text("ServicePrincipal")
    delegated_administrators = []
    for number, services in _delegated(call).items():
        target = tree.targets.get(number)
        if target is not None and (service is None or service in services):
            record = _record(tree, target)
            record.pop("Paths", None)
            delegated_administrators.append(record)
    call.notes[UNKNOWN] = OF_ACCOUNTS
    return _listed(call, "DelegatedAdministrators", delegated_administrators)


def _delegated_services(call: Call) -> Json:
    account = _target(call, "AccountId", "Account", "an account", ACCOUNT)
    services = _delegated(call).get(account.id)
    if services is None:
        message = "The provided account is not a registered delegated administrator."
        raise ServiceError("AccountNotRegisteredException", message)
    call.notes[UNKNOWN] = "since when the account administers them"
    delegated_services = [{"ServicePrincipal": service} for service in services]
    return _listed(call, "DelegatedServices", delegated_services)


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "DescribeAccount": _describe_account,
    "DescribeOrganization": _describe_organization,
    "DescribeOrganizationalUnit": _describe_unit,
    "DescribePolicy": _describe_policy,
    "ListAccounts": lambda call: _accounts(call, _tree(call).accounts()),
    "ListAccountsForParent": lambda call: _accounts(call, _below(call, ACCOUNT)),
    "ListChildren": _children,
    "ListDelegatedAdministrators": _delegated_administrators,
    "ListDelegatedServicesForAccount": _delegated_services,
    "ListOrganizationalUnitsForParent": _units,
    "ListParents": _parents,
    "ListPolicies": _policies,
    "ListPoliciesForTarget": _policies_for_target,
    "ListRoots": _roots,
    "ListTargetsForPolicy": _targets_for_policy,
}
