"""From the parameters of a simulation to questions: SimulatePrincipalPolicy, SimulateCustomPolicy.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies, Question
from iamsim.query.exclusion import PolicyIdentifier, excludes_scps, without_policies
from iamsim.query.simulation_entries import check_handling
from iamsim.suites.policies import PolicyReader, resource_policy_type
from iamsim.world.model import AnyPolicy, Group, PolicyDocument, Role, User, World

if TYPE_CHECKING:
    from iamsim.syntax.ast import Policy

Entity = User | Role | Group
ReadPolicy = Callable[[PolicyReader, str, PolicyType, str], "Policy"]

# Who calls where nobody is named; what would follow from this name is left out of the context.
_NOBODY = "arn:aws:iam::{account}:user/simulated"
_ACCOUNT = "111122223333"
_NAMELESS = frozenset({"aws:username", "aws:userid", "aws:principalarn"})


class Simulation(NamedTuple):
    """The questions, actions outermost, whose policies are simulated, and the world without the
    policies that were excluded."""

    questions: tuple[Question, ...]
    source_arn: str | None
    world: World | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """The parameters of a simulation, by AWS's names.

    `of_principal` tells SimulatePrincipalPolicy from SimulateCustomPolicy. Policies are references
    that `read` turns into policies: a command reads files, a server only text.
    """

    action_names: tuple[str, ...]
    read: ReadPolicy
    resource_arns: tuple[str, ...] = ()
    of_principal: bool = False
    policy_source_arn: str | None = None
    caller_arn: str | None = None
    resource_owner: str | None = None
    resource_handling_option: str | None = None
    context_entries: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    policy_input_list: tuple[str, ...] = ()
    permissions_boundary_policy_input_list: tuple[str, ...] = ()
    resource_policy: str | None = None
    policy_exclusion_list: tuple[PolicyIdentifier, ...] = ()
    organization_levels: tuple[tuple[str, ...], ...] = ()


def simulated(request: SimulationRequest, world: World | None) -> Simulation:
    """Make the questions of a simulation.

    Raises `RequestError` when a parameter that AWS requires is missing, and what reading policies
    raises.
    """
    actions = list(dict.fromkeys(request.action_names))
    if not actions:
        raise _missing("--action-names", "missing-action")
    resources = request.resource_arns or ("*",)
    check_handling(request.resource_handling_option, resources)
    source = request.policy_source_arn
    if request.of_principal and source is None:
        raise _missing("--policy-source-arn", "missing-principal")
    entity = None if source is None else _entity(source, world)
    excluded = request.policy_exclusion_list if entity is not None else ()
    if entity is not None and source is not None and world is not None and excluded:
        world = without_policies(world, entity, excluded)
        entity = _entity(source, world)
    caller = _caller(request, None if isinstance(entity, Group) else source)
    base = Question(
        principal=caller or _NOBODY.format(account=_account_of(source) or _ACCOUNT),
        action=actions[0],
        resource=resources[0],
        context=request.context_entries,
        unset=frozenset() if caller is not None else _NAMELESS,
        resource_account=_owner(request.resource_owner),
    )
    as_is = caller == source
    attached = _attached(request, world, base, entity, as_is=as_is)
    if excludes_scps(excluded):
        attached = replace(attached, scps=())
    questions = replace(base, attached=attached).with_pairs(actions, resources)
    if caller is None and source is None:
        questions = tuple(_by_the_owner(question, world) for question in questions)
    return Simulation(questions, source, world)


def _caller(request: SimulationRequest, source: str | None) -> str | None:
    """Who calls: as AWS has it, a user, a role, or a group (which is nobody in particular).

    Raises `RequestError` for other callers, and where a resource-based policy needs one.
    """
    caller = request.caller_arn
    if caller is None:
        if source is None and request.resource_policy is not None:
            raise RequestError(
                "missing-principal",
                "the option `--caller-arn` is missing",
                hint="a resource-based policy says who is let in, so somebody has to call",
            )
        return source
    arn = find_arn(caller)
    kind = "" if arn is None or arn.service != "iam" else arn.resource.partition("/")[0]
    if kind not in {"user", "role", "group", "root"}:
        raise RequestError(
            "caller-not-simulated",
            f"`{caller}` is not the ARN of a user, group or role",
            hint="`iamsim explain --format aws` asks for every kind of caller",
        )
    return None if kind == "group" else caller


def _owner(text: str | None) -> str | None:
    """The account that owns the resources: its id, or the ARN `arn:aws:iam::ACCOUNT:root`.

    Raises `RequestError` for anything else.
    """
    if text is None or is_account_id(text):
        return text
    arn = find_arn(text)
    if arn is None or arn.resource != "root" or not is_account_id(arn.account):
        raise RequestError(
            "invalid-account-id",
            f"`{text}` is not an account",
            hint="write its id of twelve digits, or arn:aws:iam::ACCOUNT:root",
        )
    return arn.account


def _by_the_owner(question: Question, world: World | None) -> Question:
    """Where nobody is named as the caller, somebody in the account of the resource calls."""
    account = _account_of(question.resource)
    if world is not None:
        account = world.account_of_resource(question.resource) or account
    account = question.resource_account or account or _ACCOUNT
    return replace(question, principal=_NOBODY.format(account=account))


def _attached(
    request: SimulationRequest,
    world: World | None,
    base: Question,
    entity: Entity | None,
    *,
    as_is: bool,
) -> AttachedPolicies:
    """The policies that the questions bring along; `as_is`: somebody calls with their own."""
    reader = PolicyReader("", world, _account_of(base.principal))
    given = _policies(reader, request, request.policy_input_list, PolicyType.IDENTITY, "policy")
    if entity is None and not given:
        raise _missing("--policy-input-list", "missing-argument")
    scp = PolicyType.SERVICE_CONTROL
    resource_policy = request.resource_policy
    attached = AttachedPolicies(
        identity_policies=_identity(entity, reader, given, as_is=as_is, world=world),
        boundary=_boundary(entity, reader, request, as_is=as_is),
        scps=tuple(
            tuple(request.read(reader, text, scp, "service control policy") for text in level)
            for level in request.organization_levels
        )
        or None,
    )
    if resource_policy is not None:
        policy_type = resource_policy_type(base.action, base.resource)
        policy = request.read(reader, resource_policy, policy_type, "resource policy")
        attached = replace(attached, resource_policy=policy)
    return NOTHING_ATTACHED if attached == NOTHING_ATTACHED else attached


def _missing(option: str, code: str) -> RequestError:
    return RequestError(
        code, f"the option `{option}` is missing", hint="it takes one value or several"
    )


def _account_of(text: str | None) -> str | None:
    arn = find_arn(text) if text else None
    return arn.account if arn is not None and is_account_id(arn.account) else None


def _entity(arn: str, world: World | None) -> Entity:
    """The user, group or role whose policies are simulated."""
    found: Entity | None = None
    names: list[str] = []
    if world is not None:
        found = world.find_principal(arn)
        for account in world.accounts.values():
            for group in account.groups.values():
                found = group if group.arn == arn else found
            entities = (account.users, account.groups, account.roles)
            names += [entity.arn for kind in entities for entity in kind.values()]
    if found is None:
        hint = did_you_mean(arn, names) or "a world (`--world PATH`) says what is attached where"
        raise RequestError(
            "unknown-policy-source", f"no user, group or role `{arn}` is known", hint=hint
        )
    return found


def _identity(
    entity: Entity | None,
    reader: PolicyReader,
    given: tuple[Policy, ...],
    *,
    as_is: bool,
    world: World | None,
) -> tuple[Policy, ...] | None:
    """What is attached, and what was given on top; `None` where the world says it all."""
    if entity is None:
        return given
    if as_is and not given:
        return None
    attached: tuple[AnyPolicy, ...] = entity.policies
    if isinstance(entity, User) and world is not None:
        for group in world.accounts[entity.account].groups_of(entity):
            attached += group.policies
    policies = tuple(_known(reader, policy, PolicyType.IDENTITY) for policy in attached)
    return (*given, *policies)


def _boundary(
    entity: Entity | None, reader: PolicyReader, request: SimulationRequest, *, as_is: bool
) -> Policy | None:
    """The boundary that was given, else that of the entity where somebody else calls."""
    policy_type = PolicyType.PERMISSIONS_BOUNDARY
    texts = request.permissions_boundary_policy_input_list
    given = _policies(reader, request, texts, policy_type, "boundary")
    if len(given) > 1:
        raise RequestError(
            "several-boundaries",
            "a simulation takes one permissions boundary",
            hint="a user or role has one boundary at most",
        )
    if given:
        return given[0]
    attached = getattr(entity, "boundary", None)
    return None if attached is None or as_is else _known(reader, attached, policy_type)


def _known(reader: PolicyReader, policy: AnyPolicy, policy_type: PolicyType) -> Policy:
    """Read a policy of the world."""
    if isinstance(policy, PolicyDocument):
        return reader.inline(policy.document, policy.name, policy.source, policy_type)
    return reader.named(policy.arn, policy_type)


def _policies(
    reader: PolicyReader,
    request: SimulationRequest,
    given: tuple[str, ...],
    policy_type: PolicyType,
    name: str,
) -> tuple[Policy, ...]:
    return tuple(
        request.read(reader, text, policy_type, f"{name} {number}" if len(given) > 1 else name)
        for number, text in enumerate(given, 1)
    )
