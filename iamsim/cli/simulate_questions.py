"""From the AWS CLI's arguments for simulations to questions.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.cli.shorthand import context_entries, file_text, texts
from iamsim.cli.simulate_paging import check_handling
from iamsim.cli.simulate_structures import organization_levels, policy_identifiers
from iamsim.cli.worlds import load_any
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies, Question
from iamsim.query.exclusion import excludes_scps, without_policies
from iamsim.suites.policies import PolicyReader, resource_policy_type
from iamsim.world.model import Group, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.cli.options import Options
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import AnyPolicy, World

__all__ = ["Simulation", "load_world", "simulated"]

Entity = User | Role | Group

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


def load_world(options: Options) -> World | None:
    """Load and merge the worlds that the options name."""
    return load_any(
        _texts(options, "worlds"),
        overlays=_texts(options, "overlays"),
        quiet=bool(options.get("quiet")),
    )


def simulated(options: Options, world: World | None) -> Simulation:
    """Make the questions of a simulation.

    Raises `RequestError` when an argument that AWS requires is missing, and what reading policies
    raises.
    """
    actions = list(dict.fromkeys(texts(_texts(options, "actions"))))
    if not actions:
        raise _missing("--action-names", "missing-action")
    resources = texts(_texts(options, "resources")) or ["*"]
    check_handling(_text(options, "handling"), resources)
    source = _text(options, "source")
    if "source" in options and source is None:
        raise _missing("--policy-source-arn", "missing-principal")
    entity = None if source is None else _entity(source, world)
    excluded = policy_identifiers(_texts(options, "excluded")) if entity is not None else ()
    if entity is not None and source is not None and world is not None and excluded:
        world = without_policies(world, entity, excluded)
        entity = _entity(source, world)
    caller = _caller(options, None if isinstance(entity, Group) else source)
    base = Question(
        principal=caller or _NOBODY.format(account=_account_of(source) or _ACCOUNT),
        action=actions[0],
        resource=resources[0],
        context=context_entries(_texts(options, "context")),
        unset=frozenset() if caller is not None else _NAMELESS,
        resource_account=_owner(_text(options, "resource_owner")),
    )
    as_is = caller == source
    attached = _attached(options, world, base, entity, as_is=as_is)
    if excludes_scps(excluded):
        attached = replace(attached, scps=())
    questions = replace(base, attached=attached).with_pairs(actions, resources)
    if caller is None and source is None:
        questions = tuple(_by_the_owner(question, world) for question in questions)
    return Simulation(questions, source, world)


def _caller(options: Options, source: str | None) -> str | None:
    """Who calls: as AWS has it, a user, a role, or a group (which is nobody in particular).

    Raises `RequestError` for other callers, and where a resource-based policy needs one.
    """
    caller = _text(options, "caller")
    if caller is None:
        if source is None and _text(options, "resource_policy") is not None:
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
    options: Options,
    world: World | None,
    base: Question,
    entity: Entity | None,
    *,
    as_is: bool,
) -> AttachedPolicies:
    """The policies that the questions bring along; `as_is`: somebody calls with their own."""
    reader = PolicyReader("", world, _account_of(base.principal))
    given = _policies(reader, options, "policies", PolicyType.IDENTITY)
    if entity is None and not given:
        raise _missing("--policy-input-list", "missing-argument")
    levels = organization_levels(_texts(options, "levels")) if "levels" in options else ()
    scp = PolicyType.SERVICE_CONTROL
    resource_policy = _text(options, "resource_policy")
    attached = AttachedPolicies(
        identity_policies=_identity(entity, reader, given, as_is=as_is, world=world),
        boundary=_boundary(entity, reader, options, as_is=as_is),
        scps=tuple(
            tuple(_read(reader, text, scp, "service control policy") for text in level)
            for level in levels
        )
        or None,
    )
    if resource_policy is not None:
        policy_type = resource_policy_type(base.action, base.resource)
        policy = _read(reader, resource_policy, policy_type, "resource policy")
        attached = replace(attached, resource_policy=policy)
    return NOTHING_ATTACHED if attached == NOTHING_ATTACHED else attached


def _text(options: Options, field: str) -> str | None:
    value = options.get(field)
    return value if isinstance(value, str) and value else None


def _missing(option: str, code: str) -> RequestError:
    return RequestError(
        code, f"the option `{option}` is missing", hint="it takes one value or several"
    )


def _texts(options: Options, field: str) -> tuple[str, ...]:
    value = options[field]
    return value if isinstance(value, tuple) else ()


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
        from iamsim.cli.options import did_you_mean  # noqa: PLC0415 - only errors need it

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
    entity: Entity | None, reader: PolicyReader, options: Options, *, as_is: bool
) -> Policy | None:
    """The boundary that was given, else that of the entity where somebody else calls."""
    policy_type = PolicyType.PERMISSIONS_BOUNDARY
    given = _policies(reader, options, "boundaries", policy_type)
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
    reader: PolicyReader, options: Options, field: str, policy_type: PolicyType
) -> tuple[Policy, ...]:
    given = texts(_texts(options, field))
    name = "boundary" if field == "boundaries" else "policy"
    return tuple(
        _read(reader, text, policy_type, f"{name} {number}" if len(given) > 1 else name)
        for number, text in enumerate(given, 1)
    )


def _read(reader: PolicyReader, text: str, policy_type: PolicyType, name: str) -> Policy:
    """Read a policy: `file://`, JSON, a file, or the ARN of a managed policy."""
    return reader.named(file_text(text), policy_type, name=name)
